"""A file is complete or absent, and equal content gives equal bytes."""

import os
import socket
import stat
import subprocess
import sys

import pyarrow as pa
import pytest

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent, write_json, write_table


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "score.json"
    write_json(target, {"a": 1})
    with pytest.raises(FileNotFoundError), complete_or_absent(target) as temporary:
        temporary.with_name("no-such-folder").joinpath("half").write_text("half")
    assert read_json(target) == {"a": 1}
    assert os.listdir(tmp_path) == ["score.json"]


def test_equal_tables_give_equal_bytes(tmp_path):
    table = pa.table({"id": ["a", "b"], "value": [0.5, None]})
    for name in ("one", "two"):
        write_table(tmp_path / name, table)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_written_file_gets_the_permissions_that_open_would_give(tmp_path):
    (tmp_path / "opened").write_text("x")
    write_json(tmp_path / "written", "x")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "opened").stat().st_mode


def test_json_ends_its_last_line_and_refuses_what_is_no_json(tmp_path):
    write_json(tmp_path / "a.json", {"caf\u00e9": [1]})
    assert (tmp_path / "a.json").read_text() == '{\n  "caf\u00e9": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", float("nan"))
    assert not (tmp_path / "b.json").exists()


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    left = tmp_path / f".table.parquet.{host}-{dead.pid}-abcdefgh"
    living = tmp_path / f".table.parquet.{host}-{os.getpid()}-abcdefgh"
    elsewhere = tmp_path / f".table.parquet.another-{dead.pid}-abcdefgh"
    for path in (left, living, elsewhere):
        path.write_text("half")
    write_json(tmp_path / "card.json", 1)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"card.json", living.name, elsewhere.name}


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    events = []
    rename, synced = os.replace, os.fsync

    def renamed(*names):
        events.append("rename")
        rename(*names)

    def waited(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        synced(descriptor)

    monkeypatch.setattr(os, "replace", renamed)
    monkeypatch.setattr(os, "fsync", waited)
    write_json(tmp_path / "card.json", 1)
    assert events == ["file", "rename", "folder"]
