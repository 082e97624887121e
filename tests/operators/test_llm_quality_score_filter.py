"""llm_quality_score_filter in recipes, against a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.chat_server import Server, said
from support.one_operator import line
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.operators.llm_quality_score_filter import DIMENSIONS


@pytest.fixture(autouse=True)
def _in_folder(in_folder: None) -> None:
    """Every test runs in a folder of its own."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def answer_with(score: float) -> str:
    return json.dumps(
        {"dimension_scores": dict.fromkeys(DIMENSIONS, score), "tags": {"topic": "a"}}
    )


def judged(server: Server, **settings: Any) -> list[dict[str, Any]]:
    given = {"model_params": {"base_url": server.url}, **settings}
    return run([{"llm_quality_score_filter": given}], max_reject_share=1)


def test_texts_are_judged_once_and_a_bad_answer_is_a_counted_reject(server: Server) -> None:
    def answer(number: int, body: dict[str, Any]) -> Any:
        words = body["messages"][1]["content"]
        if "broken" in words:
            return said("I would rather not")
        return said(answer_with(4 if "good" in words else 1))

    server.answer = answer
    texts = ["good one", "<__dj__image>\nbad one <|__dj__eoc|>", "broken one", "good one"]
    dataset([{"text": text} for text in texts])
    kept = judged(server)
    assert [row["text"] for row in kept] == ["good one", "good one"]
    stats = [json.loads(row) for row in Path("out_stats.jsonl").read_text().splitlines()]
    assert stats[0]["__dj__stats__"]["llm_quality_score"] == 0.8
    assert stats[0]["__dj__stats__"]["llm_quality_tags"] == '{"topic": "a"}'
    reject = json.loads(Path("out_rejects.jsonl").read_text())
    assert reject["reason"] == "no scores in 3 answers: the answer holds no JSON object"
    # two texts once, the broken one three times
    assert len(server.calls) == 5
    bad_one = [call["messages"][1]["content"] for call in server.calls]
    assert not any("__dj__" in words for words in bad_one)
    assert {call["temperature"] for call in server.calls} == {0.0}
    # another bound asks nothing again, and a bad answer is an answer
    assert judged(server, min_score=0.1) != kept
    assert len(server.calls) == 5


def test_what_the_model_is_told_can_be_replaced_and_fields_are_named(server: Server) -> None:
    server.answer = lambda number, body: said(answer_with(5))
    dataset([{"text": "a", "answer": "b"}])
    settings = {"input_keys": ["text", "answer"], "field_names": ["Q", "A"], "system_prompt": "go"}
    judged(server, **settings, sampling_params={"temperature": 0.5, "top_p": 0.9, "max_tokens": 7})
    (call,) = server.calls
    assert call["messages"][0]["content"] == "go"
    assert "**Q**\na\n\n**A**\nb" in call["messages"][1]["content"]
    assert (call["temperature"], call["top_p"], call["max_tokens"]) == (0.5, 0.9, 7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_params": {"api_key": "sk-oops"}}, "model_params must not hold an api_key"),
        ({"sampling_params": {"beams": 3}}, "sampling_params has no beams"),
        ({"field_names": ["a", "b"]}, "1 in input_keys and 2 in field_names"),
        ({"try_num": 0}, "try_num is 0; it must be 1 or more"),
        ({"is_hf_model": True}, "is_hf_model is True; allowed: False"),
        ({"min_score": 1.5}, "min_score"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        line("llm_quality_score_filter", **settings)
    assert "sk-oops" not in str(error.value)
