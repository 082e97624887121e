"""Tries until an answer can be read, and settings that nobody who asks may have."""

from __future__ import annotations

import pytest
from support.chat_fields import Canned

from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import Question
from bettersynth.measuring.chat_asking import ChatSettings, RepeatedChatSettings, answered


def test_an_answer_that_can_be_read_is_asked_for_once_and_another_as_often_as_allowed():
    chat = Canned("12")
    assert answered(chat, "told", ["a", "b", "a"], int, 3) == ({"a": 12, "b": 12}, {})
    assert chat.asked == [Question("told", "a", 0), Question("told", "b", 0)]
    chat = Canned("twelve")
    answers, reasons = answered(chat, "told", ["a"], int, 3)
    assert answers == {}
    assert "invalid literal" in reasons["a"]
    assert [question.number for question in chat.asked] == [0, 1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"try_num": 0}, "try_num is 0; it must be 1 or more"),
        ({"model_params": {"api_key": "sk-oops"}}, "model_params must not hold an api_key"),
        ({"model_params": {"url": "x"}}, "model_params has no url; known are: base_url"),
        (
            {"sampling_params": {"beams": 1}},
            "sampling_params has no beams; known are: temperature, top_p",
        ),
    ],
)
def test_settings_that_cannot_be_obeyed_are_refused(settings, message):
    with pytest.raises(UserError, match=message) as refusal:
        RepeatedChatSettings(**settings)
    assert "sk-oops" not in str(refusal.value)


def test_a_wrong_setting_of_the_endpoint_names_the_operator():
    with pytest.raises(UserError, match=r"some_mapper: settings has no setting paralel"):
        ChatSettings(settings={"paralel": 2}).open_chat("m", "some_mapper")
    sampling = {"top_p": 0.5, "max_tokens": 9}
    chat = ChatSettings({"base_url": "http://h"}, sampling, seed=3).open_chat("m", "op")
    assert (chat.settings.base_url, chat.settings.max_tokens) == ("http://h", 9)
    assert (chat.settings.temperature, chat.top_p, chat.seed) == (0.0, 0.5, 3)
