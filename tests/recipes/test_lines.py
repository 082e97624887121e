import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.lines import is_end, read_recipe, stat_of_label

STATS = {"words_num_filter": {}, "image_deduplicator": {}, "semantic_deduplicator": {}}
REPETITION = "word_repetition_filter"
RUNS = {
    **STATS,
    "short_runs": {"operator": REPETITION, "rep_len": 3},
    "long_runs": {"operator": REPETITION},
}


def line(name, **settings):
    return read_recipe([{name: settings}], "recipe")[0]


def test_the_kind_is_the_last_word_of_the_name():
    names = [
        "words_num_filter",
        "clean_links_mapper",
        "image_deduplicator",
        "random_selector",
        "cluster_balanced_selector",
    ]
    lines = read_recipe(names, "recipe")
    assert [one.kind for one in lines] == [name.rpartition("_")[2] for name in names]
    assert [one.measures for one in lines] == [True, False, True, False, True]
    assert [one.sees_all for one in lines] == [False, False, True, True, True]


def test_a_name_that_comes_again_is_numbered():
    lines = read_recipe(["words_num_filter", "text_length_filter", "words_num_filter"], "recipe")
    assert [one.label for one in lines] == [
        "words_num_filter",
        "text_length_filter",
        "words_num_filter#2",
    ]
    assert [one.suffix for one in lines] == ["", "", "#2"]


def test_what_a_line_reads_and_compares():
    assert line("general_field_filter").reads_fields
    assert not line("words_num_filter").reads_fields
    assert line("topk_specified_field_selector", field_key="meta.n").compared_fields == ("meta.n",)
    assert line("random_selector").compared_fields == ()
    assert line("cluster_balanced_selector").compared_fields == ()
    assert line("image_captioning_mapper").generates
    assert not line("clean_links_mapper").generates


def test_bounds_are_ends_and_what_differs_from_the_default():
    assert line("words_num_filter", min_num=3, max_num=5).bounds == "min_num 3, max_num 5"
    reversed_range = line("words_num_filter", min_num=3, max_num=5, reversed_range=True)
    assert reversed_range.bounds == "min_num 3, max_num 5, reversed_range True"
    assert is_end("max_num") and not is_end("max_closed_interval") and not is_end("lang")


def test_measuring_settings_are_those_of_the_section_stats():
    lines = read_recipe([{"words_num_filter": {"min_num": 2}}], "recipe", measured=STATS)
    assert lines[0].stored
    assert lines[0].deciding.min_num == 2
    with pytest.raises(UserError, match="tokenization decides what is measured; set it in stats"):
        read_recipe([{"words_num_filter": {"tokenization": True}}], "recipe", measured=STATS)


def test_a_line_that_reads_fields_measures_for_itself_unless_a_stage_does():
    entry = {"general_field_filter": {"filter_condition": "n > 1"}}
    alone = read_recipe([entry], "recipe", measured=STATS)[0]
    assert not alone.stored
    assert alone.measuring.filter_condition == "n > 1"
    stats = {**STATS, "general_field_filter": {"filter_condition": "n > 2"}}
    stored = read_recipe(["general_field_filter"], "recipe", measured=stats)[0]
    assert stored.stored
    assert stored.measuring.filter_condition == "n > 2"


@pytest.mark.parametrize(
    ("process", "message"),
    [
        ("words_num_filter", "recipe must be a list of operators"),
        ([{"a": 1, "b": 2}], r"recipe\[0\] must be one operator with its settings"),
        ([{"words_num_filter": [1]}], r"words_num_filter must be a mapping of settings"),
        (["text_length_filter"], "text_length_filter is not measured; add it to the section"),
        ([{"words_num_filter": {"min_nums": 1}}], r"has no setting min_nums \(did you mean min_n"),
    ],
)
def test_what_is_no_recipe_is_named(process, message):
    with pytest.raises(UserError, match=message):
        read_recipe(process, "recipe", measured=STATS)


def test_values_are_read_as_data_juicers_parser_reads_them():
    assert line("text_length_filter", min_len="1e2").deciding.min_len == 100
    assert line("image_size_filter", min_size=300).deciding.min_size == "300"


@pytest.mark.parametrize("entry", ["face_area_filter", {"face_area_filter": {"max_ratio": 0.3}}])
def test_older_names_of_operators_are_known(entry):
    (line,) = read_recipe([entry], "recipe")
    assert line.label == "image_face_ratio_filter"


def test_lines_choose_among_the_stats_of_one_operator():
    recipe = [
        {REPETITION: {"name": "short_runs", "max_ratio": 0.4}},
        {REPETITION: {"name": "long_runs"}},
        {REPETITION: {"name": "short_runs"}},
        {"words_num_filter": {"name": "words_num_filter", "min_num": 3}},
    ]
    lines = read_recipe(recipe, "recipe", measured=RUNS)
    assert [line.label for line in lines] == [
        "word_repetition_filter#short_runs",
        "word_repetition_filter#long_runs",
        "word_repetition_filter#short_runs#2",
        "words_num_filter",
    ]
    tables = ["short_runs", "long_runs", "short_runs", "words_num_filter"]
    assert [line.table for line in lines] == tables
    assert [stat_of_label(line.label) for line in lines] == tables
    assert [line.measuring.rep_len for line in lines[:3]] == [3, 10, 3]
    assert [line.suffix for line in lines] == ["#short_runs", "#long_runs", "#short_runs", ""]
    assert lines[0].own_values({"word_rep_ratio#short_runs": [0.5]}) == {"word_rep_ratio": [0.5]}
    assert lines[0].given == ("max_ratio",)


def test_the_stat_of_a_label_is_its_operators_where_it_is_only_numbered():
    assert stat_of_label("words_num_filter") == stat_of_label("words_num_filter#2")
    assert stat_of_label("words_num_filter#2") == "words_num_filter"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (REPETITION, "is not measured; say which with `name: long_runs`"),
        ({REPETITION: {"name": "runs"}}, r"no stat runs; add `runs: \{operator: word_repetition"),
        ({"words_num_filter": {"name": "long_runs"}}, "long_runs is measured by word_repetition"),
        ({REPETITION: {"name": "long_runs", "rep_len": 4}}, "set it in stats.long_runs"),
        ({"long_runs": {}}, r"a stat of word_repetition_filter; write `word_repetition_filter: \{"),
        ({"random_selector": {"name": "long_runs"}}, "random_selector has no setting name"),
    ],
)
def test_a_line_that_chooses_no_stat_of_its_operator_is_refused(entry, message):
    with pytest.raises(UserError, match=message):
        read_recipe([entry], "recipe", measured=RUNS)


def test_outside_of_the_pipeline_there_is_no_stat_to_choose():
    with pytest.raises(UserError, match="name is for filter.recipe of the pipeline"):
        read_recipe([{REPETITION: {"name": "long_runs"}}], "process")


def test_compat_refuses_the_precisions_that_data_juicer_has_not():
    recipe = [{"image_pair_similarity_filter": {"precision": "float16"}}]
    assert read_recipe(recipe, "recipe")[0].measuring.precision == "float16"
    with pytest.raises(UserError, match="precision: float16 gives other numbers than Data-Juicer"):
        read_recipe(recipe, "recipe", "data_juicer")
