"""Words dropped while lines and parts stay apart."""

from __future__ import annotations

import pytest

from bettersynth.measuring.text.word_layout import keep_words


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a  bb\tc\ndd", "a\tc"),
        ("bb\n\nc a", "c a"),
        ("a\t\tbb\ta", "a\ta"),
        ("", ""),
    ],
)
def test_empty_lines_and_parts_vanish(text, left):
    assert keep_words(text, lambda word: len(word) == 1) == left
