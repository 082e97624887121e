"""image_tagging_vlm_mapper: what an answer's tags are, and recipes against a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.chat_server import Server, said
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.operators.image_tagging_vlm_mapper import Settings, tags_in

PICTURES = [str(FIXTURES / "images" / name) for name in ("shapes0.png", "gray.png")]
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"
TWO = "<__dj__image><__dj__image> two of them <|__dj__eoc|>"


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


def tagging(server: Server, **settings: Any) -> list[dict[str, Any]]:
    return [{"image_tagging_vlm_mapper": {"settings": {"base_url": server.url}, **settings}}]


@pytest.mark.parametrize(
    ("answer", "tags"),
    [
        ('{"tags": ["red-apple", "table"]}', ["red-apple", "table"]),
        ('```json\n{"tags": ["Red Apple"]}\n```', ["red-apple"]),
        ("Response: {'tag': ['b', 'a', 'b']}", ["b", "a"]),
        ('{"tags": "Sun, blue sky"}', ["sun", "blue-sky"]),
        ('{"tags": ["' + "x" * 40 + '", 7]}', ["x" * 30]),
        (json.dumps({"tags": [str(number) for number in range(12)]}), [str(n) for n in range(10)]),
        # quotes are exchanged before Python's own reading is tried
        ("{'tags': ['it\\'s']}", ['it"s']),
        ('{"other": 1}', []),
        ("no JSON at all", None),
        ('["a"]', None),
        ('{"tags": 5}', None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_tags_are_read_as_the_peer_reads_them(answer: str, tags: list[str] | None) -> None:
    assert tags_in(answer) == tags


def test_each_picture_gets_tags_of_its_own(server: Server) -> None:
    server.answer = lambda k, body: said(json.dumps({"tags": [f"tag {k}", "all"]}))
    dataset([{"id": 0, "text": TWO, "images": PICTURES}])
    (row,) = run(tagging(server, settings={"base_url": server.url, "parallel": 1}))
    first, second = row["__dj__meta__"]["image_tags"]
    assert first != second
    assert first[1] == second[1] == "all"
    assert row["text"] == TWO
    told, asked = (message["content"] for message in server.calls[0]["messages"])
    assert '{"tags": ' in told
    assert "two of them" in asked[0]["text"]
    assert "<__dj__image>" not in asked[0]["text"]


def test_an_answer_that_cannot_be_read_is_asked_for_again(server: Server) -> None:
    server.answer = lambda k, body: said("what?" if k == 0 else '{"tags": ["dog"]}')
    dataset([{"id": 0, "text": ONE, "images": PICTURES[:1]}])
    (row,) = run(tagging(server))
    assert row["__dj__meta__"]["image_tags"] == [["dog"]]
    assert len(server.calls) == 2


def test_a_sample_whose_tags_cannot_be_had_is_set_aside(server: Server) -> None:
    server.answer = lambda k, body: said("what?")
    dataset([{"id": 0, "text": ONE, "images": PICTURES[:1]}])
    with pytest.raises(UserError, match="no tags to read in 2 answers about .*shapes0.png"):
        run(tagging(server, try_num=2))
    assert len(server.calls) == 2


def test_tags_that_are_there_are_kept_and_nobody_is_asked(server: Server) -> None:
    meta = {"image_tags": [["old"]], "other": 1}
    dataset([{"id": 0, "text": ONE, "images": PICTURES[:1], "__dj__meta__": meta}])
    (row,) = run(tagging(server))
    assert row["__dj__meta__"] == meta
    assert server.calls == []


def test_a_sample_without_pictures_has_no_tags(server: Server) -> None:
    dataset([{"id": 0, "text": "words alone", "images": []}])
    (row,) = run(tagging(server, tag_field_name="seen"))
    assert row["__dj__meta__"] == {"seen": []}
    assert server.calls == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"try_num": 0}, "must be 1 or more"),
        ({"sampling_params": {"beams": 3}}, "sampling_params has no beams"),
        ({"model_params": {"api_key": "k"}}, "model_params has no api_key"),
        ({"input_template": "{picture}"}, "its places are {text}"),
        ({"tag_field_name": ""}, "tag_field_name is empty"),
    ],
)
def test_wrong_settings_are_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Settings(**settings)
