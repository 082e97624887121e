import json
from pathlib import Path

from bettersynth.data.files.processes import DEATH
from bettersynth.measuring.launching import HERE, Launch, PartDone
from bettersynth.recipes.engine.passes import CHUNK, Done, Pass, RowReject
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.workers import _whole, run_chunks

PROCESS = [{"text_length_filter": {"min_len": 2}}]


def lines_left(rows, workers):
    numbered = [(k, json.dumps({"text": "x" * (k % 3)}).encode()) for k in range(rows)]
    chunks = [numbered[start : start + CHUNK] for start in range(0, rows, CHUNK)]
    plan = Pass(PROCESS, (0,), Path("rows.jsonl"), Path(), use_cache=False)
    done = list(run_chunks(plan, chunks, Launch(workers=workers)))
    assert sum(one.rows for one in done) == rows
    return [load_record(record).line for one in done for record in one.records]


def test_chunks_come_back_in_order_from_one_process_and_from_several():
    expected = [k for k in range(300) if k % 3 == 2]
    assert lines_left(300, 1) == expected
    assert lines_left(300, 2) == expected


def test_no_rows_are_no_chunks():
    plan = Pass(PROCESS, (0,), Path("rows.jsonl"), Path())
    assert list(run_chunks(plan, [], HERE)) == []


def test_a_row_that_ends_its_worker_is_a_reject():
    plan = Pass(PROCESS, (0,), Path("rows.jsonl"), Path())
    chunk = [(7, b"{}"), (8, b"{}")]
    done = _whole(PartDone(chunk, None, (0, 1)), plan)
    assert done.rejects == [RowReject(7, "", DEATH), RowReject(8, "", DEATH)]
    assert done.rows == 2 and done.order == (0,)
    kept = _whole(PartDone(chunk, Done([b"row"], {0: 1}, [], rows=1), (1,)), plan)
    assert kept.records == [b"row"] and kept.rows == 2
