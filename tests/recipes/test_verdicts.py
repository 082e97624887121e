import numpy as np

from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.verdicts import choose, keeps, verdicts


def line(name, **settings):
    return read_recipe([{name: settings}], "recipe")[0]


def test_a_filter_keeps_by_its_bounds_and_everything_without_values():
    words = line("words_num_filter", min_num=2)
    assert keeps(words, {"num_words": [1, 2, 3]}, 3).tolist() == [False, True, True]
    assert keeps(line("specified_field_filter"), {}, 3).tolist() == [True, True, True]


def test_a_deduplicator_sees_only_the_rows_that_are_looked_at():
    same = line("document_deduplicator")
    values = {"__dj__hash": ["x", "x", "y", "x"]}
    assert choose(same, values, 4).tolist() == [0, 2]
    assert verdicts(same, values, np.array([1, 2, 3])).tolist() == [True, True, False]
    assert verdicts(same, values, np.array([], dtype=int)).tolist() == []


def test_a_selector_chooses_by_the_field_it_compares():
    top = line("topk_specified_field_selector", field_key="meta.n", topk=2)
    values = {"meta.n": [1, 5, None, 3]}
    assert choose(top, values, 4) == [1, 3]
    assert verdicts(top, values, np.arange(4)).tolist() == [False, True, False, True]
    assert verdicts(top, values, np.array([0, 2])).tolist() == [True, True]


def test_a_random_selector_needs_no_values():
    drawn = verdicts(line("random_selector", select_num=2), {}, np.arange(5))
    assert drawn.sum() == 2


def test_all_rows_at_once_and_row_by_row_agree_for_a_filter():
    words = line("words_num_filter", min_num=2, max_num=3)
    values = {"num_words": [1, 2, 3, 4]}
    one_by_one = [verdicts(words, values, np.array([row]))[0] for row in range(4)]
    assert verdicts(words, values, np.arange(4)).tolist() == one_by_one
