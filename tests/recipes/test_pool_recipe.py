from types import SimpleNamespace

import pytest
from support.small_pool import write_pool

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.recipes.pool_recipe import pool_values, read_pool_recipe

PARAMS = {"stats": {"words_num_filter": {}}}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["one", "two words", "three words here", "four"])
    write_stats("words_num_filter", ids, {"num_words": [3, 4, 5, 3]})


def lines(*recipe, rule="", over="pool"):
    refine = SimpleNamespace(rule=rule, k=3.0, low=0.25, high=1.0, over=over)
    settings = SimpleNamespace(recipe=list(recipe), threshold=None, refine=refine, oracle=False)
    return read_pool_recipe(settings, PARAMS)


def test_values_come_from_the_stage_for_every_line_of_the_operator():
    twice = lines("words_num_filter", {"words_num_filter": {"min_num": 4}})
    values = pool_values(twice, read_pool())
    assert list(values) == ["words_num_filter", "words_num_filter#2"]
    assert values["words_num_filter#2"]["num_words"].tolist() == [3, 4, 5, 3]


def test_fields_are_columns_and_what_lines_before_measured():
    read = lines(
        "words_num_filter",
        {"general_field_filter": {"filter_condition": "__dj__stats__.num_words > 3"}},
        {"general_field_filter": {"filter_condition": "id == 's01'"}},
        {"specified_numeric_field_filter": {"field_key": "__dj__stats__.num_words"}},
        {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 2}},
        {"random_selector": {"select_num": 1}},
    )
    values = pool_values(read, read_pool())
    condition = "general_field_filter_condition"
    assert values["general_field_filter"][condition] == [False, True, True, False]
    assert values["general_field_filter#2"][condition] == [False, True, False, False]
    numbers = {"__dj__stats__.num_words": [3, 4, 5, 3]}
    assert values["specified_numeric_field_filter"] == numbers
    assert values["topk_specified_field_selector"] == numbers
    assert values["random_selector"] == {}


def test_a_field_that_no_sample_has_is_named():
    with pytest.raises(UserError, match="topk_specified_field_selector compares x; fields are: id"):
        lines({"topk_specified_field_selector": {"field_key": "x"}})


def test_a_selector_compares_any_stat_of_the_pool_and_several_of_them():
    weights = {"__dj__stats__.num_words": 1.0, "style": 0.0}
    read = lines({"weighted_sum_selector": {"weights": weights, "topk": 2}})
    assert pool_values(read, read_pool())["weighted_sum_selector"] == {
        "__dj__stats__.num_words": [3, 4, 5, 3],
        "style": ["noise"] * 4,
    }


def test_a_selector_on_what_nobody_measures_is_refused_before_the_first_stage():
    with pytest.raises(
        UserError, match=r"compares __dj__stats__.lang_score, which nothing measures; .* num_words"
    ):
        lines({"topk_specified_field_selector": {"field_key": "__dj__stats__.lang_score"}})


def test_bounds_follow_the_pool_where_they_are_refined():
    (line,) = lines({"words_num_filter": {"min_num": 1}}, rule="percentiles")
    assert line.deciding.min_num == 3
    (line,) = lines({"specified_numeric_field_filter": {"field_key": "a"}}, rule="percentiles")
    assert not line.stored


def test_bounds_follow_what_is_left_when_their_turn_comes():
    largest = {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 2}}
    low = {"words_num_filter": {"min_num": 1}}
    # of 3, 4, 5, 3 the lower quartile is 3, of 4 and 5 it is 4.25: the bound is rounded outwards
    _, whole = lines(largest, low, rule="percentiles", over="pool")
    _, left = lines(largest, low, rule="percentiles", over="left")
    assert (whole.deciding.min_num, left.deciding.min_num) == (3, 4)


def test_two_stats_of_one_operator_stand_side_by_side(monkeypatch):
    ids = read_pool()["id"].to_pylist()
    other = {"operator": "words_num_filter", "lang": "zh"}
    monkeypatch.setitem(PARAMS["stats"], "words_zh", other)
    write_stats("words_zh", ids, {"num_words#words_zh": [30, 40, 50, 60]})
    condition = "__dj__stats__.num_words#words_zh"
    read = lines(
        {"words_num_filter": {"min_num": 1}},
        {"words_num_filter": {"name": "words_zh", "min_num": 1}},
        {"topk_specified_field_selector": {"field_key": condition, "topk": 2}},
        {"specified_numeric_field_filter": {"field_key": condition}},
        rule="percentiles",
    )
    values = pool_values(read, read_pool())
    assert values["words_num_filter"]["num_words"].tolist() == [3, 4, 5, 3]
    assert values["words_num_filter#words_zh"]["num_words"].tolist() == [30, 40, 50, 60]
    assert values["topk_specified_field_selector"] == {condition: [30, 40, 50, 60]}
    assert values["specified_numeric_field_filter"] == {condition: [30, 40, 50, 60]}
    # refined by the 25 % quantile of its own values
    assert [line.deciding.min_num for line in read[:2]] == [3, 37]
