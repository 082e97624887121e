"""words_num_filter: words between white space, special characters off their ends."""

from __future__ import annotations

import math

import pytest
from support.one_operator import line, value_of
from support.parity import cases, differences, export_differences

from bettersynth.errors import UserError

TOKENS = "<__dj__image> a dog <|__dj__eoc|>"


CASES = cases("text_stats", "words_num_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"min_num": 4, "max_num": 4}, TOKENS, 4, True),
        ({"min_num": 1}, "--- ... 123 \u2003", 0, False),
        ({"min_num": 1, "max_num": 1}, "a\u2003dog", 1, True),
        ({"min_num": 1}, "don't (stop)\tnow\nplease", 4, True),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("words_num_filter", text, **settings) == (pytest.approx(value), stays)


def test_no_bound_is_no_bound():
    recipe_line = line("words_num_filter", min_num=0)
    assert math.isinf(recipe_line.deciding.max_num)
    flags = recipe_line.operator.keep({"num_words": [10**12]}, recipe_line.deciding)
    assert flags.tolist() == [True]


def test_a_setting_that_it_does_not_have_is_named():
    with pytest.raises(UserError, match="words_num_filter.* has no setting min_wrods"):
        line("words_num_filter", min_wrods=3)
