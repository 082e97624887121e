"""word_repetition_filter: the share of runs of words that occur again."""

from __future__ import annotations

import pytest
from support.one_operator import kept, value_of
from support.parity import cases, differences, export_differences

from bettersynth.errors import UserError

CASES = cases("text_stats", "word_repetition_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


@pytest.mark.parametrize(
    ("settings", "text", "value", "stays"),
    [
        ({"rep_len": 1, "max_ratio": 0.5}, "A a b", 2 / 3, False),
        ({"rep_len": 5}, "a b c", 0.0, True),
    ],
)
def test_the_value_of_a_text_and_whether_it_stays(settings, text, value, stays):
    assert value_of("word_repetition_filter", text, **settings) == (pytest.approx(value), stays)


def test_counting_pieces_needs_their_model():
    with pytest.raises(UserError, match="needs the file of a SentencePiece model"):
        kept("word_repetition_filter", "a a", tokenization=True)
