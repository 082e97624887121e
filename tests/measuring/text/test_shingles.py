"""The overlapping runs of a text."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.shingles import shingle_function


@pytest.mark.parametrize(
    ("tokenization", "text", "shingles"),
    [
        ("space", "A b  c", [b"a b", b"b c"]),
        ("character", "Abc", [b"ab", b"bc"]),
        ("punctuation", "a,b.c", [b"a b", b"b c"]),
    ],
)
def test_runs_of_two_parts(tokenization, text, shingles):
    assert shingle_function(tokenization, 2, True, None, "", False)(text) == shingles


@pytest.mark.parametrize(("short", "shingles"), [(True, [b"a b"]), (False, [])])
def test_a_text_with_fewer_parts_is_one_shingle_or_none(short, shingles):
    assert shingle_function("space", 3, False, None, "", short)("a b") == shingles
    assert shingle_function("space", 3, False, None, "", short)("") == []


def test_what_is_ignored_goes_first():
    without_marks = shingle_function("space", 1, False, r"\p{P}", "", False)
    assert without_marks("a, b!") == [b"a", b"b"]


def test_a_broken_pattern_and_missing_pieces_are_named():
    with pytest.raises(UserError, match=r"ignore_pattern '\(' is not a regular expression"):
        shingle_function("space", 1, False, "(", "", False)
    with pytest.raises(UserError, match="needs the file of a SentencePiece model"):
        shingle_function("sentencepiece", 1, False, None, "", False)
