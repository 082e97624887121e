from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_run import dataset, run

RECIPE = [
    {"text_length_filter": {"min_len": 2}},
    {"words_num_filter": {"min_num": 2, "max_num": 3}},
    "document_deduplicator",
    {"topk_specified_field_selector": {"field_key": "n", "topk": 1}},
]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": "short", "text": "a", "n": 1},
        {"text": "one", "n": 2},
        {"id": "first", "text": "one two", "n": 3},
        {"id": "again", "text": "one two", "n": 4},
        {"id": "best", "text": "one two three", "n": 5},
    ]
    dataset(rows)


def traced(**settings):
    run(RECIPE, open_tracer=True, cheap_first=False, **settings)
    return [json.loads(line) for line in Path("out_dropped.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("processes", [1, 2])
def test_each_dropped_row_is_written_with_what_decided(processes, capsys):
    assert traced(np=processes) == [
        {
            "file": "data.jsonl",
            "line": 1,
            "id": "short",
            "rule": "text_length_filter",
            "values": {"text_len": 1},
            "bound": "min_len 2, max_len inf",
        },
        {
            "file": "data.jsonl",
            "line": 2,
            "rule": "words_num_filter",
            "values": {"num_words": 1},
            "bound": "min_num 2, max_num 3",
        },
        {
            "file": "data.jsonl",
            "line": 4,
            "id": "again",
            "rule": "document_deduplicator",
            "values": {},
            "bound": "",
        },
        {
            "file": "data.jsonl",
            "line": 3,
            "id": "first",
            "rule": "topk_specified_field_selector",
            "values": {"n": 3},
            "bound": "field_key n, topk 1",
        },
    ]
    assert "4 dropped, see out_dropped.jsonl" in capsys.readouterr().out


def test_a_number_of_rows_of_some_operators_can_be_asked_for():
    rows = traced(op_list_to_trace=["text_length_filter"], trace_keys=["n", "none"], trace_num=1)
    assert [(row["rule"], row["n"], row["none"]) for row in rows] == [
        ("text_length_filter", 1, None)
    ]
    assert traced(trace_num=0) == []


def test_without_the_setting_nothing_is_written():
    run(RECIPE)
    assert not Path("out_dropped.jsonl").exists()
