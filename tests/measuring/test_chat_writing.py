"""New samples of a chat model's answers, in a recipe against a real HTTP server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.chat_server import Server, said
from support.one_operator import row_batch
from support.small_run import dataset, run

from bettersynth.measuring.chat_writing import field_of, text_of, words_in

NEW = "【问题】Why is it red?【回答】Because it was painted."


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def test_fields_are_written_once_and_what_cannot_be_read_is_a_counted_reject(server):
    def answer(number, body):
        return said("no marks" if "broken" in body["messages"][1]["content"] else NEW)

    server.answer = answer
    pairs = [("why?", "so"), ("broken?", "so"), ("why?", "so"), ("why?", None)]
    rows = [{"text": "a", "id": n, "query": q, "response": r} for n, (q, r) in enumerate(pairs)]
    dataset(rows)
    recipe = [{"optimize_qa_mapper": {"model_params": {"base_url": server.url}}}]
    kept = run(recipe, max_reject_share=1)
    new = {"query": "Why is it red?", "response": "Because it was painted."}
    assert kept == [rows[0] | new, rows[2] | new]
    rejects = [json.loads(line) for line in Path("out_rejects.jsonl").read_text().splitlines()]
    assert [reject["reason"] for reject in rejects] == [
        "nothing to read in 3 answers: output_pattern finds no question and answer",
        "response is None, no text",
    ]
    # equal pairs once, the broken one three times; what is known is not asked again
    assert len(server.calls) == 4
    assert run(recipe, max_reject_share=1) == kept
    assert len(server.calls) == 4


def test_words_are_read_without_special_tokens():
    batch = row_batch({"text": "<__dj__image>\na dog <|__dj__eoc|>", "other": " b "})
    assert text_of(batch, 0) == "a dog"
    assert field_of(batch, 0, "other") == "b"
    with pytest.raises(ValueError, match="missing is None, no text"):
        field_of(batch, 0, "missing")
    with pytest.raises(ValueError, match="the answer is empty"):
        words_in(" \n")
