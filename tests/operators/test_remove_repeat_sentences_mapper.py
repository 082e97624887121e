"""remove_repeat_sentences_mapper: sentences that occurred before."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "remove_repeat_sentences_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({}, "One. Two!\n a. a."),
        ({"ignore_special_character": False}, "One. Two! One!\n a."),
        ({"lowercase": True, "min_repeat_sentence_length": 1}, "One. Two!\n a."),
    ],
)
def test_the_first_of_equal_sentences_stays(settings, left):
    text = "One. Two! One!\nOne. a. a."
    assert rewritten("remove_repeat_sentences_mapper", text, **settings) == left
