"""`bettersynth cache`, and what a kill or a second writer does to scores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError
from bettersynth.measuring.answer_identity import CACHE_NAME as ANSWERS
from bettersynth.measuring.answer_identity import VERSION as ANSWERS_VERSION
from bettersynth.measuring.answer_identity import answers_code
from bettersynth.measuring.captioning import CACHE_NAME, VERSION
from bettersynth.measuring.measure import BATCH, measure
from bettersynth.measuring.measure import open_column as open_operator_column
from bettersynth.measuring.score_cache import (
    ColumnIdentity,
    ScoreColumn,
    column_file,
)
from bettersynth.operators import words_num_filter
from bettersynth.recipes import cached_scores


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))


def open_column(name="words_num_filter", version=1, model="", code=None):
    """A column of the code of today, or of `code`."""
    present = code_digest(f"bettersynth.operators.{name}")
    settings = asdict(words_num_filter.Measuring())
    return ScoreColumn(
        ColumnIdentity(name, version, settings, model, present if code is None else code)
    )


def filled(version=1, scores=3, name="words_num_filter", code=None):
    column = open_column(name, version, code=code)
    column.put({content_key([str(k)]): [k] for k in range(scores)})
    return column


def test_sizes_name_the_operator_its_scores_and_whether_they_are_still_read(capsys):
    filled(), filled(version=99, scores=5)
    cached_scores.print_sizes([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["words_num_filter", "5"],
        ["words_num_filter", "3"],
    ]
    assert " old " in lines[1] and " current " in lines[2]
    assert lines[-1].split()[:2] == ["total", "8"]


def test_verify_finds_a_damaged_file_and_drop_removes_it(capsys):
    column, other = filled(), filled(version=2)
    cached_scores.verify([])
    assert "6 scores in 2 files: 2 files sound" in capsys.readouterr().out
    column.put({content_key(["bad"]): [1, 2]})
    with pytest.raises(
        UserError, match="1 files are not sound; words_num_filter-.*rows with 1 and 2 values"
    ):
        cached_scores.verify([])
    column.close()
    sound = column.path.read_bytes()
    # the second half of a page of rows
    column.path.write_bytes(sound[: 4096 + 2048] + bytes(2048) + sound[8192:])
    with pytest.raises(UserError, match=r"not sound; words_num_filter-[^\n]+; `bettersynth"):
        cached_scores.verify([])
    column.path.write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match="damaged"):
        cached_scores.verify([])
    cached_scores.drop([], damaged=True)
    assert not column.path.exists()
    assert len(other.get([content_key(["1"])])) == 1


def test_a_page_that_miscounts_its_scores_is_damaged(capsys):
    column = filled()
    column.close()
    content = bytearray(column.path.read_bytes())
    page = 4096
    # how many rows the first page of the table says that it holds
    assert content[page + 3 : page + 5] == b"\x00\x03"
    content[page + 4] = 2
    column.path.write_bytes(content)
    cached_scores.print_sizes([])
    (line,) = capsys.readouterr().out.splitlines()[1:-1]
    assert line.startswith(column.path.name)
    assert "  damaged: " in line


def test_drop_empties_what_is_named_while_a_writer_has_it_open(capsys):
    column, other = filled(), filled(name="text_length_filter")
    with pytest.raises(
        UserError,
        match="holds no scores of no_such_filter; it holds: text_length_filter, words_num_filter",
    ):
        cached_scores.drop(["no_such_filter"])
    with pytest.raises(UserError, match="name operators to drop"):
        cached_scores.drop([])
    cached_scores.drop(["words_num_filter"])
    assert "dropped 3 scores in 1 files" in capsys.readouterr().out
    assert column.get([content_key(["1"])]) == {}
    column.put({content_key(["1"]): [7]})
    assert open_column().get([content_key(["1"])]) == {content_key(["1"]): [7]}
    assert len(other.get([content_key(["1"])])) == 1


def slow_operator(log: Path, seconds: float) -> SimpleNamespace:
    """Return an operator that notes every text it scores and takes its time."""

    def score(batch, _):
        time.sleep(seconds)
        with open(log, "a", encoding="utf-8") as stream:
            stream.writelines(f"{text}\n" for text in batch.texts)
        return {"length": [len(text) for text in batch.texts]}

    return SimpleNamespace(measure=score, READS=("text",), STATS=("length",))


def batch(first, rows):
    texts = [str(k) for k in range(first, first + rows)]
    return Batch(texts, [[] for _ in texts], Images(str.encode))


def score_slowly(log: Path, first: int, rows: int, seconds: float) -> None:
    column = open_column("slow_filter")
    measure(slow_operator(log, seconds), None, batch(first, rows), column)


def test_after_a_kill_nothing_that_was_scored_is_scored_again(tmp_path):
    rows = 6 * BATCH
    context = multiprocessing.get_context("fork")
    worker = context.Process(target=score_slowly, args=(tmp_path / "first", 0, rows, 0.2))
    worker.start()
    while (
        not (tmp_path / "first").exists()
        or len((tmp_path / "first").read_text().split()) < 3 * BATCH
    ):
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    keys = [content_key(["<__dj__image>", "<|__dj__eoc|>", str(row)]) for row in range(rows)]
    stored = len(open_column("slow_filter").get(keys))
    assert stored >= 2 * BATCH
    score_slowly(tmp_path / "second", 0, rows, 0)
    again = (tmp_path / "second").read_text().split()
    # samples are scored in the order of their keys
    in_order = sorted(range(rows), key=lambda row: keys[row])
    assert again == [str(row) for row in in_order[stored:]]


def test_two_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    rows = 3 * BATCH
    workers = [
        context.Process(target=score_slowly, args=(tmp_path / str(first), first, rows, 0.01))
        for first in (0, BATCH)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    score_slowly(tmp_path / "after", 0, rows + BATCH, 0)
    assert not (tmp_path / "after").exists()
    cached_scores.verify([])


def test_captions_are_listed_with_their_captioner_and_are_sound(capsys):
    code = code_digest("bettersynth.models.captioners.blip")
    column = open_column(CACHE_NAME, VERSION, "blip 0123", code)
    column.put({content_key(["picture"]): ["a dog"]})
    column.close()
    cached_scores.print_sizes([])
    cached_scores.verify([])
    out = capsys.readouterr().out
    assert "image_captioning_mapper" in out and "current" in out and "model blip 0123" in out
    assert "1 files sound" in out


def test_captions_of_older_code_and_of_a_captioner_that_is_no_more_are_old(capsys):
    for model in ("blip 0123", "no_such_captioner 0123"):
        open_column(CACHE_NAME, VERSION, model, "older").put({content_key(["picture"]): ["a dog"]})
    cached_scores.print_sizes([])
    assert capsys.readouterr().out.count(" old ") == 2


def test_answers_of_trained_models_are_listed_and_older_ones_are_old(capsys):
    for code in (answers_code(), "older"):
        column = open_column(ANSWERS, ANSWERS_VERSION, "0123", code)
        column.put({content_key([code]): [[5, 7]]})
        column.close()
    cached_scores.print_sizes(["predict"])
    cached_scores.verify([])
    out = capsys.readouterr().out
    assert out.count(" current ") == 1 and out.count(" old ") == 1
    assert "2 files sound" in out


def test_scores_of_older_code_stay_until_old_ones_are_dropped(capsys):
    present, older = filled(), filled(code="older", scores=2)
    assert len(present.get([content_key(["1"])])) == 1
    cached_scores.print_sizes([])
    lines = capsys.readouterr().out.splitlines()
    assert " current " in lines[1] and " old " in lines[2]
    cached_scores.verify([])
    assert len(older.get([content_key(["1"])])) == 1
    cached_scores.drop([], old=True)
    assert older.get([content_key(["1"])]) == {}
    assert len(present.get([content_key(["1"])])) == 1


@pytest.fixture
def column_from_before(tmp_path):
    """A file as it was written before the code was part of its identity."""
    text = '["words_num_filter", 1, {"lang": "en"}, ""]'
    path = tmp_path / "scores" / column_file("words_num_filter", text)
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE scores (key BLOB PRIMARY KEY, value TEXT NOT NULL)")
        connection.execute("CREATE TABLE identity (text TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO identity VALUES (?)", [text])
        connection.execute("INSERT INTO scores VALUES (?, ?)", [content_key(["a"]), "[1]"])
    return path


def test_a_column_from_before_is_old_and_sound_and_can_be_dropped(column_from_before, capsys):
    cached_scores.print_sizes(["words_num_filter"])
    cached_scores.verify([])
    out = capsys.readouterr().out
    assert " old " in out and "1 files sound" in out
    cached_scores.drop([], old=True)
    assert "dropped 1 scores in 1 files" in capsys.readouterr().out
    assert cached_scores.columns() == []
    assert column_from_before.exists()


def test_an_operator_is_served_only_what_its_present_code_scored(monkeypatch):
    operator = SimpleNamespace(
        __name__="bettersynth.operators.slow_filter",
        VERSION=1,
        CACHED=True,
        READS=("text",),
        measure=words_num_filter.measure,
    )
    key = content_key(["a"])
    measuring = words_num_filter.Measuring()
    open_operator_column(operator, measuring).put({key: [1]})
    assert open_operator_column(operator, measuring).get([key]) == {key: [1]}
    monkeypatch.setattr("bettersynth.measuring.measure.code_digest", lambda module: f"new {module}")
    assert open_operator_column(operator, measuring).get([key]) == {}
