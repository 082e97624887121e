"""One call against a real server on this machine: what it means, and that the key stays here.

More of it is tested with the captioner `openai_endpoint`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from support.chat_server import Server, said

from bettersynth.errors import UserError
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
