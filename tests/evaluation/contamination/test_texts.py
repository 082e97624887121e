"""Benchmark questions and answers in training texts."""

from __future__ import annotations

from bettersynth.evaluation.contamination.texts import (
    answer_phrases,
    question_phrases,
    words_of,
)


def test_words_are_lower_case_without_marks():
    assert words_of("What's THE time, now?") == ("what", "s", "the", "time", "now")


def test_an_answer_is_found_as_whole_words_in_order_and_once():
    phrases = answer_phrases([("Hot dog", "mmbench", "1"), ("car", "mmbench", "2")])
    found = list(phrases.found_in("A hot, dog; a hot dog and a carpet"))
    assert found == [("mmbench", "1", "hot dog")]
    assert list(phrases.found_in("dog hot")) == []
    assert list(phrases.found_in("my car")) == [("mmbench", "2", "car")]


def test_answers_without_words_are_left_out():
    assert list(answer_phrases([("?!", "textvqa", "1")]).found_in("what ?!")) == []


def test_a_question_counts_where_it_is_asked_of_one_picture_alone():
    asked = [
        ("What is shown in the picture?", "mmbench", "1"),
        ("What is shown in the picture?", "mmbench", "2"),
        ("What brand is the old camera?", "textvqa", "a"),
        ("What is this?", "textvqa", "b"),
    ]
    phrases = question_phrases(asked)
    text = "What is shown in the picture? What is this? WHAT BRAND is the old camera"
    assert list(phrases.found_in(text)) == [
        ("textvqa", "a", "what brand is the old camera"),
    ]
