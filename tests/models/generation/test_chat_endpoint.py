"""One call against a real server on this machine: what it means, whatever the answer's shape, and
that the key stays here.

More of it is tested with the captioner `openai_endpoint`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from support.chat_server import Server, said

from bettersynth.errors import UserError
from bettersynth.models.generation import chat_endpoint
from bettersynth.models.generation.chat_endpoint import ChatEndpoint, Refused, Stopped
from bettersynth.models.generation.cost_ledger import CostLedger

KEY = "sk-very-secret-0123456789"
BODY = {"seed": 7}


@pytest.fixture
def server(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def endpoint(server: Server, key: str = KEY, retries: int = 2, per_minute: float = 0.0):
    ledger = CostLedger("tiny", 0.0, 0.0, 0.0)
    return ChatEndpoint(server.url, key, 5.0, retries, 0.01, per_minute, ledger)


def test_the_text_of_the_answer_comes_back_and_is_counted(server: Server) -> None:
    asked = endpoint(server)
    assert asked.ask(BODY) == "caption 7"
    assert (asked.ledger.answers, asked.ledger.prompt_tokens) == (1, 90)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    endpoint(server, key="").ask(BODY)
    assert "Authorization" not in server.headers[1]


def test_an_empty_answer_and_a_refusal_are_of_this_request_alone(server: Server) -> None:
    server.answer = lambda k, body: said(" ") if k == 0 else (400, {"error": "policy"}, {})
    asked = endpoint(server)
    with pytest.raises(Refused, match="an empty answer"):
        asked.ask(BODY)
    with pytest.raises(Refused, match="HTTP 400: .*policy"):
        asked.ask(BODY)
    server.answer = lambda k, body: said("fine")
    assert asked.ask(BODY) == "fine"


def test_after_a_failure_for_good_no_further_call_is_made(server: Server) -> None:
    server.answer = lambda k, body: (401, {"error": f"bad key {KEY}"}, {})
    asked = endpoint(server)
    with pytest.raises(UserError, match=r"HTTP 401: .*bad key \*\*\*") as error:
        asked.ask(BODY)
    assert KEY not in str(error.value)
    with pytest.raises(Stopped):
        asked.ask(BODY)
    assert len(server.calls) == 1


def test_a_busy_server_is_asked_again_so_often_and_no_more(server: Server) -> None:
    server.answer = lambda k, body: (503, {"error": "busy"}, {"Retry-After": "0.01"})
    with pytest.raises(UserError, match="HTTP 503: .*busy.*, 3 times; what was captioned is kept"):
        endpoint(server).ask(BODY)
    assert len(server.calls) == 3


def test_turns_are_spaced(server: Server) -> None:
    asked = endpoint(server, per_minute=600.0)
    start = time.monotonic()
    for _ in range(3):
        asked.ask(BODY)
    assert time.monotonic() - start >= 0.2


def ask(server: Server, *answer: Any, max_retries: int = 0) -> str:
    status, value, headers = (*answer, {}) if len(answer) == 2 else answer
    server.answer = lambda number, body: (status, value, headers)
    ledger = CostLedger("tiny", 0.0, 0.0, 0.0)
    return ChatEndpoint(server.url, KEY, 5.0, max_retries, 0.01, 0.0, ledger).ask({})


def choice(content: Any, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content}, **fields}]}


@pytest.mark.parametrize(
    "usage", [None, "x", [1], 5, {"prompt_tokens": "many"}, {"prompt_tokens": -5}]
)
def test_a_caption_with_senseless_usage_is_one_all_the_same(server: Server, usage: Any) -> None:
    assert ask(server, 200, {**choice("a cat"), "usage": usage}) == "a cat"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe\xff",
        b"[" * 200_000 + b"]" * 200_000,
        b'{"usage": ' + b"9" * 5000 + b"}",
        b"null",
        b"5",
        b"[1, 2]",
        b'"text"',
        b"{}",
        b'{"choices": 5}',
        b'{"choices": []}',
        b'{"choices": {"0": 1}}',
        b'{"choices": [null]}',
        b'{"choices": ["x"]}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": "x"}]}',
        b'{"choices": [{"message": [1]}]}',
    ],
)
def test_an_answer_without_a_choice_ends_in_one_line(server: Server, body: bytes) -> None:
    with pytest.raises(UserError, match=r"the answer (is not JSON|holds no choice), 1 times"):
        ask(server, 200, body)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([{"type": "text", "text": "a cat"}], "the answer's content is of type list, not text"),
        (5, "of type int"),
        ({"text": "a cat"}, "of type dict"),
        (True, "of type bool"),
        (None, "an empty answer"),
        (" \n", "an empty answer"),
        ("a \ud800 cat", "the answer is no valid Unicode"),
        ("a cat <__dj__image>", "the answer holds the special token <__dj__image>"),
        ("a cat <|__dj__eoc|>", "special token"),
        ("<image> a cat", "special token <image>"),
        ("a \0 cat", r"control character U\+0000"),
        (f"a cat with Bearer {KEY}", "the answer repeats the key"),
        ("a " * 60_000, "holds 119,999 characters"),
    ],
)
def test_a_choice_that_is_no_caption_is_refused(server: Server, content: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        ask(server, 200, choice(content))


def test_the_key_is_in_no_error(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        ask(server, 200, choice("", finish_reason=f"Bearer {KEY}"))
    assert str(refused.value) == "an empty answer (finish_reason Bearer ***)"
    for status in (302, 400, 401, 503):
        with pytest.raises((UserError, Refused)) as error:
            ask(server, status, f"bad key {KEY}".encode(), {"Location": f"http://x/?{KEY}"})
        assert KEY not in str(error.value)
        assert "***" in str(error.value)


def test_a_redirect_names_where_it_leads_and_is_not_followed(server: Server) -> None:
    with pytest.raises(
        UserError, match="HTTP 307: a redirect to file:///etc/passwd, which is not followed"
    ):
        ask(server, 307, b"", {"Location": "file:///etc/passwd"})
    assert len(server.calls) == 1


@pytest.mark.parametrize("asked", ["\u00b2", "nan", "inf", "-1", "soon", ""])
def test_a_senseless_pause_is_passed_over(server: Server, asked: str) -> None:
    with pytest.raises(UserError, match="HTTP 429: , 2 times|HTTP 429:, 2 times"):
        ask(server, 429, b"", {"Retry-After": asked}, max_retries=1)


def test_calls_are_spaced(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(chat_endpoint, "time", SimpleNamespace(monotonic=lambda: 100.0))
    asked = endpoint(server, per_minute=600.0)
    monkeypatch.setattr(asked._stopped, "wait", waits.append)
    for _ in range(3):
        assert asked.ask(BODY) == "caption 7"
    assert waits == pytest.approx([0.0, 0.1, 0.2])
