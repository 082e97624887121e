"""text_chunk_mapper: parts are those of Data-Juicer 1.6.1 for texts without tokens."""

from __future__ import annotations

import pytest
from support.one_operator import line

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError

NAME = "text_chunk_mapper"
IMAGE, END = "<__dj__image>", "<|__dj__eoc|>"


def parts(text, images=(), compat="", **settings):
    chunker = line(NAME, compat, **settings)
    maker = chunker.operator.open_maker(chunker.deciding, None)
    made, bad = maker.make(Batch([text], [list(images)], Images(str.encode)))
    maker.close()
    assert bad == {}
    return [(part.text, part.images) for part in made[0]]


def texts(text, **settings):
    return [part for part, _ in parts(text, **settings)]


@pytest.mark.parametrize(
    ("settings", "text", "expected"),
    [
        ({}, "a\n\nb\n\n \n\nc", ["a", "b", "c"]),
        ({}, " \n\n ", []),
        ({"split_pattern": "(-)"}, "a-b", ["a", "-", "b"]),
        ({"max_len": 4, "split_pattern": None}, "abcdefgh9", ["abcd", "efgh", "9"]),
        ({"max_len": 4, "split_pattern": None, "overlap_len": 2}, "abcdef", ["abcd", "cdef", "ef"]),
        ({"max_len": 4, "split_pattern": None}, "abc", ["abc"]),
        ({"max_len": 6}, "ab\n\ncdefghi", ["ab", "cdefgh", "i"]),
        (
            {"max_len": 5, "overlap_len": 1, "split_pattern": " "},
            "aa bbbbbbb",
            ["aa", "bbbbb", "bbb"],
        ),
        ({"max_len": 2, "split_pattern": "(?=a)"}, "abab", ["ab", "ab"]),
    ],
)
def test_a_text_is_cut_at_the_pattern_or_by_force(settings, text, expected):
    assert texts(text, **settings) == expected


def test_no_token_is_cut_and_pictures_go_with_theirs():
    text = f"{IMAGE} one\n\n{IMAGE} two {END}"
    halves = [(f"{IMAGE} one", ["a"]), (f"{IMAGE} two {END}", ["b"])]
    assert parts(text, ["a", "b"]) == halves
    both = [(f"{IMAGE} one", ["a", "b"]), (f"{IMAGE} two {END}", ["a", "b"])]
    assert parts(text, ["a", "b"], compat="data_juicer") == both
    assert parts("x\n\ny", ["a"]) == [("x", ["a"]), ("y", ["a"])]
    for settings in ({"split_pattern": None}, {"split_pattern": "_"}):
        for length in range(1, 20):
            made = parts(text, ["a", "b"], max_len=length, **settings)
            joined = "".join(part for part, _ in made)
            assert "".join(joined.split()) == "".join(text.split())
            assert sum((images for _, images in made), []) == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split_pattern": None}, "max_len and split_pattern are both null"),
        ({"max_len": 3, "overlap_len": 3}, "overlap_len is 3; it must be in"),
        ({"split_pattern": "("}, "not a regular expression"),
        ({"tokenizer": "gpt-4o"}, "has no setting tokenizer"),
    ],
)
def test_settings_that_cut_nothing_are_refused(settings, message):
    with pytest.raises(UserError, match=message):
        parts("a", **settings)
