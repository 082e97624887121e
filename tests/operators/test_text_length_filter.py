"""text_length_filter: code points, and the range test that all filters share."""

from __future__ import annotations

import json

import pytest
from support.one_operator import value_of
from support.parity import cases, differences, export_differences, line_of, rows_of

TOKENS = "<__dj__image> a dog <|__dj__eoc|>"
REVERSED_AND_OPEN = {
    "min_len": 2,
    "max_len": 3,
    "reversed_range": True,
    "max_closed_interval": False,
}


CASES = cases("text_stats", "text_length_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize("row", rows_of("keep", "text_length_filter"), ids=json.dumps)
def test_bounds_open_closed_and_reversed_are_data_juicers(row):
    recipe_line = line_of(row)
    values = {stat: [value] for stat, value in row["stats"].items()}
    assert bool(recipe_line.operator.keep(values, recipe_line.deciding)[0]) == row["keep"]


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"min_len": 33, "max_len": 33}, TOKENS, 33, True),
        ({"min_len": 1}, "", 0, False),
        ({"min_len": 1, "max_len": 2}, "🐕é", 2, True),
        ({"min_len": 2, "max_len": 3, "max_closed_interval": False}, "abc", 3, False),
        ({"min_len": 2, "max_len": 3, "min_closed_interval": False}, "ab", 2, False),
        ({"min_len": 2, "max_len": 3, "reversed_range": True}, "abc", 3, True),
        (REVERSED_AND_OPEN, "abc", 3, False),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("text_length_filter", text, **settings) == (pytest.approx(value), stays)
