"""character_repetition_filter: the share of the most frequent runs of characters."""

from __future__ import annotations

import pytest
from support.one_operator import value_of
from support.parity import cases, differences, export_differences

CASES = cases("text_stats", "character_repetition_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"rep_len": 3}, "ab", 0.0, True),
        ({"rep_len": 1, "max_ratio": 0.5}, "aab", 2 / 3, False),
        ({"rep_len": 2, "max_ratio": 1.0}, "abab", 2 / 3, True),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("character_repetition_filter", text, **settings) == (
        pytest.approx(value),
        stays,
    )
