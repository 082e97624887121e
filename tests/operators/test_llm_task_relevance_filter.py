"""llm_task_relevance_filter: the task is told before the text, and must be told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.chat_server import Server, said
from support.one_operator import line, measured, text_batch

from bettersynth.errors import UserError
from bettersynth.operators.llm_task_relevance_filter import DIMENSIONS, Measuring, task_told

NAME = "llm_task_relevance_filter"
EXAMPLES = [{"text": "1 + 1 = 2"}, {"text": "2 + 2 = 4"}]


def test_description_and_first_examples_stand_before_the_text() -> None:
    told = task_told(Measuring(valid_dataset=EXAMPLES, task_desc="sums", n_shot=1))
    assert told == (
        "# Task Description\nsums\n\n# Validation Data\n'''\n**Text**\n1 + 1 = 2\n'''\n\n"
    )


def test_a_text_is_judged_by_the_task(in_folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    scores = dict.fromkeys(DIMENSIONS, 2)
    server.answer = lambda number, body: said(json.dumps({"dimension_scores": scores}))
    address = {"model_params": {"base_url": server.url}}
    values, kept = measured(NAME, text_batch("a kite"), task_desc="sums", min_score=0.3, **address)
    assert values["llm_task_relevance"] == [0.4]
    assert kept == [True]
    words = server.calls[0]["messages"][1]["content"]
    assert words.index("sums") < words.index("a kite")
    server.http.shutdown()
    server.http.server_close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "neither task_desc nor valid_dataset tells the task"),
        ({"valid_dataset": [{"words": "a"}]}, "valid_dataset row 1 has no text"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        line(NAME, **settings)
