"""remove_long_words_mapper: words whose length is outside a range."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "remove_long_words_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_a_word_that_is_too_long_counts_without_the_marks_at_its_ends():
    settings = {"min_len": 2, "max_len": 4}
    text = "a word (word) longer\n\nyes"
    assert rewritten("remove_long_words_mapper", text, **settings) == "word (word)\nyes"
