"""special_characters_filter: spaces, digits, punctuation, symbols, emoji."""

from __future__ import annotations

import pytest
from support.one_operator import value_of
from support.parity import cases, differences, export_differences

CASES = cases("text_stats", "special_characters_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"max_ratio": 0.75}, "a 1!", 0.75, True),
        ({}, "", 0.0, True),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("special_characters_filter", text, **settings) == (pytest.approx(value), stays)
