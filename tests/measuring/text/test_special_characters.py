"""Words between white space, and what is stripped from their ends."""

from __future__ import annotations

from bettersynth.measuring.text.special_characters import (
    count_words,
    special_characters,
    split_words,
    strip_special,
    words_of,
)


def test_the_set_is_that_of_data_juicer():
    assert len(special_characters()) == 1618
    assert {" ", "1", "!", "🐕", "–"} <= special_characters()
    assert not {"a", "é", "中"} & special_characters()


def test_words_are_counted_at_once_as_one_by_one():
    texts = [
        "",
        " ",
        "a  b",
        "--- x",
        "don't (stop)",
        "1 2 3",
        "a\tb\nc d\u2003e",
        "中文 🐕 dog!",
        "x",
    ] * 3
    assert count_words(texts) == [len(words_of(text)) for text in texts]


def test_no_texts_have_no_counts():
    assert count_words([]) == []


def test_special_characters_go_from_the_ends_alone():
    assert strip_special("(don't!)") == "don't"
    assert strip_special("--") == ""
    assert words_of("A (dog), 12", lower=True) == ["a", "dog"]
    assert words_of("a-b", split=lambda text: text.split("-")) == ["a", "b"]


def test_words_are_split_at_single_spaces_newlines_and_tabs_alone():
    assert split_words("a  b\tc\nd\u2003e\rf") == ["a", "b", "c", "d\u2003e\rf"]
