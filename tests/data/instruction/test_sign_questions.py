"""Conversations about sign boards are TextVQA's, on words that are not the benchmark's."""

import io

import pytest
from PIL import Image
from support.default_settings import default_settings

from bettersynth.data.instruction import board_conversations
from bettersynth.data.instruction.sign_questions import sign_items
from bettersynth.data.questions.sign_words import instruction_words
from bettersynth.errors import UserError


def answer_of(item):
    return item["conversations"][1]["value"]


def test_a_forbidden_word_is_drawn_on_no_sign():
    *forbidden, one, two, three = instruction_words()
    items, _ = sign_items(default_settings("instruction", signs=6), set(forbidden), 1)
    assert {answer_of(item) for item in items} <= {one, two, three}
    with pytest.raises(UserError, match="0 words are left for sign boards"):
        sign_items(default_settings("instruction", signs=6), set(instruction_words()), 1)


def test_tokens_are_listed_as_read_or_in_lower_case(monkeypatch):
    monkeypatch.setattr(
        board_conversations,
        "read_all_tokens",
        lambda jpegs, processes, what: [["OPEN"]] * len(jpegs),
    )
    for case, token in (("lower", "open"), ("as_read", "OPEN")):
        settings = default_settings("instruction", signs=2, token_case=case)
        items, boards = sign_items(settings, set(), 1)
        assert [item["id"] for item in items] == ["sign-00000", "sign-00001"]
        question = items[0]["conversations"][0]["value"]
        assert f"Reference OCR token: {token}\n" in question
        name, jpeg = boards[1]
        assert name == items[1]["image"] == "signs/00001.jpg"
        assert Image.open(io.BytesIO(jpeg)).format == "JPEG"
