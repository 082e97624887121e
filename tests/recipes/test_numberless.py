"""Rows without a number under selectors that rank by one."""

import pytest
from support.one_operator import line
from support.small_columns import column
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.recipes.decisions import decide
from bettersynth.recipes.numberless import require_some_number, without_number

TOP = "topk_specified_field_selector"
RANGE = "range_specified_field_selector"
SUM = "weighted_sum_selector"
RANKING = [
    (TOP, {"field_key": "n", "topk": 1}),
    (RANGE, {"field_key": "n", "lower_rank": 0, "upper_rank": 1}),
    (SUM, {"weights": {"n": 1.0}, "topk": 1}),
]
VALUES = [(1,), ("b",), (None,), ([None, 2],), ("3",), ([],), (float("nan"),), (10**400,)]


@pytest.mark.parametrize(("name", "settings"), RANKING)
def test_rows_without_a_number_are_found(name, settings):
    assert without_number(line(name, **settings), VALUES) == [1, 2, 5, 6]


def test_a_sum_needs_a_number_of_each_field():
    summing = line(SUM, weights={"n": 1.0, "m": 1.0}, topk=1)
    assert without_number(summing, [(1, 2), (1, "b"), (None, 2)]) == [1, 2]


@pytest.mark.parametrize(
    ("name", "compat", "settings"),
    [
        (TOP, "data_juicer", {"field_key": "n", "topk": 1}),
        (RANGE, "data_juicer", {"field_key": "n", "lower_rank": 0, "upper_rank": 1}),
        # nothing is ranked where none is to be left out
        (TOP, "", {"field_key": "n"}),
        (RANGE, "", {"field_key": "n", "lower_rank": 1}),
        ("frequency_specified_field_selector", "", {"field_key": "n", "topk": 1}),
        ("random_selector", "", {"select_num": 1}),
    ],
)
def test_what_ranks_no_numbers_lacks_none(name, compat, settings):
    texts = [("a",), ("b",)]
    assert without_number(line(name, compat, **settings), texts) == []
    require_some_number(line(name, compat, **settings), texts)


@pytest.mark.parametrize(("name", "settings"), RANKING)
def test_rows_of_which_none_has_a_number_are_an_error(name, settings):
    ranking = line(name, **settings)
    require_some_number(ranking, [("a",), (1,)])
    require_some_number(ranking, [])
    with pytest.raises(UserError, match=f"{name}: none of 2 rows has a number in n, such as 'a'"):
        require_some_number(ranking, [("a",), ("b",)])
    with pytest.raises(UserError, match="none of 2 rows has a number in n"):
        decide([ranking], {ranking.label: {"n": ["a", "b"]}}, column("x", "y"))


def test_a_run_counts_them_and_ends_where_none_has_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    dataset([{"text": "a", "n": 1}, {"text": "b", "n": "many"}, {"text": "c", "n": None}])
    assert [row["text"] for row in run([{TOP: {"field_key": "n", "topk": 2}}])] == ["a", "b"]
    told = f"2 after {TOP} (2 rows without a number, the first data.jsonl line 2)"
    assert told in capsys.readouterr().out
    by_text = [{TOP: {"field_key": "text", "topk": 2}}]
    with pytest.raises(UserError, match="none of 3 rows has a number in text, such as 'a'"):
        run(by_text)
    assert [row["text"] for row in run(by_text, compat="data_juicer")] == ["c", "b"]
