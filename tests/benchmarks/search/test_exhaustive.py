"""benchmarks/search/exhaustive.py: which recipes are drawn, and in which order rows are kept."""

from __future__ import annotations

import importlib
from pathlib import Path

import pyarrow as pa
import pytest

from bettersynth.experiments.search.checks import read_search

ROOT = Path(__file__).parents[3]


@pytest.fixture
def room(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks/search"))
    return importlib.import_module("exhaustive")


def test_25_recipes_of_nano_s_space_of_which_no_two_select_alike(room):
    search = read_search("nano", ROOT / "conf/search")
    recipes = room.drawn_recipes(search)
    assert len(recipes) == 25 and recipes[0] == {}
    assert recipes == room.drawn_recipes(search)
    selected = [room.effective(values) for values in recipes]
    assert all(selected.count(values) == 1 for values in selected)
    names = {*search.vary, *(f"rule:{rule}" for rule in search.rules)}
    for values in recipes[1:]:
        assert set(values) == names
        assert 0.15 <= values["filter.threshold"] <= 0.4
    # each rule is in some of them and out of others
    for rule in search.rules:
        assert {values[f"rule:{rule}"] for values in recipes[1:]} == {True, False}


def test_settings_of_new_captions_select_nothing_where_none_go_in(room):
    values = {"mix.exchange": False, "mix.exchange_threshold": 0.3, "filter.threshold": 0.2}
    assert room.effective(values) == {"mix.exchange": False, "filter.threshold": 0.2}
    values["mix.exchange"] = True
    assert room.effective(values) == values


def test_rows_are_sorted_with_nulls_last(room):
    table = pa.table({"seed": [None, 2, 1], "name": ["a", "b", "c"]})
    assert room.in_order(table, ["seed"])["name"].to_pylist() == ["c", "b", "a"]
