"""Answers of a chat model: kept one by one, and refusals asked for again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.chat_server import Server, said

from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import CachedChat, Question
from bettersynth.models.captioners.openai_endpoint import Settings
from bettersynth.recipes.cached_scores import columns

QUESTIONS = [Question("judge", words) for words in ("one", "two", "three")]


@pytest.fixture
def server(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def chat(server: Server, seed: int = 0) -> CachedChat:
    settings = Settings("m", server.url, key_env="", parallel=1, max_retries=0)
    return CachedChat(settings, None, seed)


def test_a_question_is_asked_once_and_a_refused_one_again(server: Server) -> None:
    server.answer = lambda number, body: (
        (400, {}, {}) if body["messages"][1]["content"] == "two" else said("fine")
    )
    answers, refused = chat(server).ask(QUESTIONS)
    assert answers == {QUESTIONS[0]: "fine", QUESTIONS[2]: "fine"}
    assert list(refused) == [QUESTIONS[1]]
    server.answer = lambda number, body: said("now")
    answers, refused = chat(server).ask(QUESTIONS)
    assert answers[QUESTIONS[1]] == "now" and answers[QUESTIONS[0]] == "fine" and not refused
    assert len(server.calls) == 4
    # another try and another seed are other questions
    chat(server).ask([Question("judge", "one", 1)])
    chat(server, seed=1).ask(QUESTIONS[:1])
    assert len({call["seed"] for call in server.calls}) == 5


def test_answers_before_a_failure_are_kept_and_listed_as_current(server: Server) -> None:
    server.answer = lambda number, body: said("fine") if number == 0 else (401, {}, {})
    with pytest.raises(UserError, match="HTTP 401"):
        chat(server).ask(QUESTIONS)
    asked = len(server.calls)
    answers, _ = chat(server).ask([Question("judge", "one")])
    assert answers and len(server.calls) == asked
    (column,) = columns()
    assert (column.operator, column.scores, column.state) == ("llm_analysis_filter", 1, "current")
