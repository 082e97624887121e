from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from bettersynth.data.files.hashing import content_key
from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn, read_identity


def open_column(folder, name="some_filter", version=1, length=10, model="", code=""):
    identity = ColumnIdentity(name, version, {"length": length}, model, code)
    return ScoreColumn(identity, folder)


def key(name):
    return content_key([name])


def test_scores_come_back_exactly(tmp_path):
    column = open_column(tmp_path)
    values = {key("a"): [0.1 + 0.2, [1, 2.5], "ü"], key("b"): [None]}
    column.put(values)
    assert open_column(tmp_path).get([key("a"), key("b"), key("c")]) == values


OTHERS = [
    {"name": "other_filter"},
    {"version": 2},
    {"length": 3},
    {"model": "m"},
    {"code": "c"},
]


@pytest.mark.parametrize("other", OTHERS)
def test_operator_version_settings_model_and_code_each_have_their_own_column(tmp_path, other):
    open_column(tmp_path).put({key("a"): [1]})
    assert open_column(tmp_path, **other).get([key("a")]) == {}


def test_an_identity_is_read_as_it_was_written_and_one_from_before_has_no_code():
    identity = ColumnIdentity("some_filter", 2, {"b": 1, "a": [2]}, "m", "0123")
    assert read_identity(identity.text) == identity
    before = read_identity('["some_filter", 2, {"a": 1}, "m"]')
    assert before == ColumnIdentity("some_filter", 2, {"a": 1}, "m", "")


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", "3"])
def test_what_is_no_identity_is_refused(text):
    with pytest.raises(ValueError):
        read_identity(text)


def test_more_keys_than_one_query_takes(tmp_path):
    column = open_column(tmp_path)
    column.put({key(str(k)): [k] for k in range(1700)})
    assert len(column.get([key(str(k)) for k in range(2000)] * 2)) == 1700


def test_the_parts_of_a_key_do_not_run_together():
    assert content_key(["ab", "c"]) != content_key(["a", "bc"])


def _write(folder, start, ready):
    column = open_column(folder)
    ready.set()
    for k in range(start, start + 200):
        column.put({key(str(k)): [k]})


def test_two_processes_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    workers = [context.Process(target=_write, args=(tmp_path, start, ready)) for start in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    column = open_column(tmp_path)
    assert column.get([key(str(k)) for k in range(300)]) == {key(str(k)): [k] for k in range(300)}


def _write_for_ever(folder, ready):
    column = open_column(folder)
    for k in range(10**9):
        column.put({key(str(k)): [k]})
        if k == 20:
            ready.set()


def test_a_killed_writer_leaves_what_it_had_written(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    worker = context.Process(target=_write_for_ever, args=(tmp_path, ready))
    worker.start()
    assert ready.wait(60)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    column = open_column(tmp_path)
    assert len(column.get([key(str(k)) for k in range(21)])) == 21
    column.put({key("new"): [1]})


def test_a_damaged_file_is_set_aside(tmp_path, capsys):
    column = open_column(tmp_path)
    column.close()
    Path(column.path).write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    again = open_column(tmp_path)
    assert again.get([key("a")]) == {}
    assert "damaged" in capsys.readouterr().err
    assert column.path.with_suffix(".damaged").exists()
    assert sqlite3.connect(column.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def change_values(path: Path, old: bytes, new: bytes) -> None:
    """Change bytes of a closed column on disk, as a bad disk would."""
    content = path.read_bytes()
    assert old in content and len(old) == len(new)
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize("new", [b"[9.0]", b"[1.0\xff", b"xxxxx"])
def test_a_score_that_was_changed_on_disk_is_made_again(tmp_path, capsys, new):
    column = open_column(tmp_path)
    column.put({key("a"): [1.0], key("b"): [2.0]})
    column.close()
    change_values(column.path, b"[1.0]", new)
    again = open_column(tmp_path)
    assert again.get([key("a"), key("b")]) == {key("b"): [2.0]}
    assert "1 scores were changed on disk: they are made again" in capsys.readouterr().err
    again.put({key("a"): [1.0]})
    assert again.get([key("a")]) == {key("a"): [1.0]}


@pytest.mark.parametrize("new", [b"\xe6REATE TABLE scores", b"CREATE TABLE sc\xe6res"])
def test_a_table_whose_name_is_damaged_sets_the_file_aside(tmp_path, capsys, new):
    column = open_column(tmp_path)
    column.close()
    change_values(column.path, b"CREATE TABLE scores", new)
    assert open_column(tmp_path).get([key("a")]) == {}
    assert "is damaged" in capsys.readouterr().err


def test_a_column_whose_name_is_damaged_sets_the_file_aside(tmp_path, capsys):
    column = open_column(tmp_path)
    column.put({key("a"): [1.0]})
    column.close()
    change_values(column.path, b"value TEXT", b"walue TEXT")
    again = open_column(tmp_path)
    assert again.get([key("a")]) == {}
    again.put({key("a"): [1.0]})
    assert again.get([key("a")]) == {key("a"): [1.0]}
    assert "is damaged (no such column: value)" in capsys.readouterr().err


def test_a_page_that_is_damaged_in_the_middle_sets_the_file_aside(tmp_path, capsys):
    column = open_column(tmp_path)
    names = [key(str(number)) for number in range(2_000)]
    column.put({name: [1.5] for name in names})
    column.close()
    content = bytearray(column.path.read_bytes())
    for start in range(2 * 4096, len(content), 4096):
        content[start : start + 64] = bytes(64)
    column.path.write_bytes(content)
    again = open_column(tmp_path)
    assert again.get(names) == {}
    assert "is damaged" in capsys.readouterr().err
    again.put({names[0]: [1.5]})
    assert again.get(names) == {names[0]: [1.5]}
    assert column.path.with_suffix(".damaged").exists()


def test_a_cache_that_may_not_be_written_is_read(tmp_path, monkeypatch, capsys):
    column = open_column(tmp_path)
    column.put({key("a"): [1.0]})
    column.close()
    # root may write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    before = sorted(path.name for path in tmp_path.iterdir())
    reader = open_column(tmp_path)
    reader.put({key("b"): [2.0]})
    assert reader.get([key("a"), key("b")]) == {key("a"): [1.0]}
    assert open_column(tmp_path, version=2).get([key("a")]) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert "may not be written: new scores are not kept" in capsys.readouterr().err


class FullDisk:
    """A connection whose disk has no room for a second transaction."""

    in_transaction = False

    def __init__(self, connection):
        self.connection = connection

    def execute(self, *query):
        return self.connection.execute(*query)

    def executemany(self, *query):
        self.connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")


def test_a_full_disk_is_one_line_that_names_the_file(tmp_path):
    column = open_column(tmp_path)
    column.connection = FullDisk(column.connection)
    with pytest.raises(UserError, match=r"sqlite: database or disk is full; is the disk full"):
        column.put({key("a"): [1.0]})
