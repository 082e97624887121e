"""alphanumeric_filter: letters and digits, among characters or over tokens."""

from __future__ import annotations

import pytest
from support.one_operator import value_of
from support.parity import cases, differences, export_differences

CASES = cases("text_stats", "alphanumeric_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"min_ratio": 0.0}, "", 0.0, True),
        ({"min_ratio": 0.5, "max_ratio": 0.9}, "中1 -", 0.5, True),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("alphanumeric_filter", text, **settings) == (pytest.approx(value), stays)
