"""image_captioning_from_gpt4v_mapper in recipes, against a real HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.chat_server import Server, said
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError

NAMES = ("shapes0.png", "gray.png", "shapes1.png")
PICTURES = [str(FIXTURES / "images" / name) for name in NAMES]
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"


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


def endpoint(server: Server, **settings: Any) -> dict[str, Any]:
    return {
        "image_captioning_from_gpt4v_mapper": {
            "settings": {"base_url": server.url},
            "keep_original_sample": False,
            **settings,
        }
    }


def test_an_endpoint_writes_about_pictures_in_a_recipe(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda k, body: said("Q: what? A: a dog")
    dataset([{"id": 0, "text": ONE, "images": PICTURES[:1]}])
    assert (
        run([endpoint(server, mode="resoning", max_token=9)])[0]["text"]
        == "<__dj__image> Q: what? A: a dog <|__dj__eoc|>"
    )
    assert server.calls[0]["max_tokens"] == 9
    assert "1 answers, 90 + 10 tokens" in capsys.readouterr().out
    with pytest.raises(UserError, match="must not hold an api_key") as error:
        run([endpoint(server, api_key="sk-oops")])
    assert "sk-oops" not in str(error.value)


def test_a_sample_with_a_refused_picture_is_made_of_the_others_or_not_at_all(
    server: Server,
) -> None:
    server.answer = lambda k, body: (
        (400, {}, {})
        if body["messages"][-1]["content"][0]["image_url"]["url"] == refused
        else said("fine")
    )
    dataset([{"id": 0, "text": "<__dj__image><__dj__image><|__dj__eoc|>", "images": PICTURES[:2]}])
    refused = ""
    run([endpoint(server)])
    refused = server.calls[0]["messages"][-1]["content"][0]["image_url"]["url"]
    assert len(run([endpoint(server, max_token=8)])) == 1
    assert run([endpoint(server, max_token=8, any_or_all="all")]) == []
