from bettersynth.recipes.engine.passes import split_passes
from bettersynth.recipes.lines import read_recipe


def passes(*names):
    return split_passes(read_recipe(names, "recipe"))


def test_a_line_that_sees_all_rows_ends_its_pass():
    names = ("words_num_filter", "document_deduplicator", "random_selector", "text_length_filter")
    assert passes(*names) == [(0, 1), (2,), (3,)]
    assert passes("cluster_balanced_selector") == [(0,)]


def test_there_is_one_pass_at_least_and_none_behind_the_last_choice():
    assert passes() == [()]
    assert passes("words_num_filter") == [(0,)]
    assert passes("document_deduplicator") == [(0,)]
