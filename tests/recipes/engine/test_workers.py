import json
from pathlib import Path

from bettersynth.recipes.engine.passes import CHUNK, Pass
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.workers import run_chunks

PROCESS = [{"text_length_filter": {"min_len": 2}}]


def lines_left(rows, workers):
    numbered = [(k, json.dumps({"text": "x" * (k % 3)}).encode()) for k in range(rows)]
    chunks = [numbered[start : start + CHUNK] for start in range(0, rows, CHUNK)]
    plan = Pass(PROCESS, (0,), Path("rows.jsonl"), Path(), use_cache=False)
    done = list(run_chunks(plan, chunks, workers))
    assert sum(one.rows for one in done) == rows
    return [load_record(record).line for one in done for record in one.records]


def test_chunks_come_back_in_order_from_one_process_and_from_several():
    expected = [k for k in range(300) if k % 3 == 2]
    assert lines_left(300, 1) == expected
    assert lines_left(300, 2) == expected


def test_no_rows_are_no_chunks():
    plan = Pass(PROCESS, (0,), Path("rows.jsonl"), Path())
    assert list(run_chunks(plan, [], 2)) == []
