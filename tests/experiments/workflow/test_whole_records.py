"""dvc.lock: written whole, and set aside where it is cut."""

import os
import subprocess
import sys
from pathlib import Path

import dvc.utils.serialize
import pytest
from dvc.utils.serialize import _common, _yaml
from dvc_data.hashfile.db.local import LocalHashFileDB
from support.no_files import NO_FILES, put
from support.small_pipeline import make_pipeline

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.dvc_stages import load_stages
from bettersynth.experiments.workflow.whole_records import (
    SET_ASIDE,
    is_whole,
    lock_in,
    set_aside_if_cut,
    write_records_whole,
)

STAGE = """\
  train@0:
    cmd: train 0
    deps:
    - path: data.txt
      hash: md5
      md5: 2205e48de5f93c784733ffcca841d2b5
      size: 12
    params:
      params.yaml:
        train:
          rate: 0.0003
    outs:
    - path: models/0
      hash: md5
      md5: 37a6259cc0c1dae299a7866489dff0bd.dir
      size: 4
      nfiles: 1
"""
LOCK = f"schema: '2.0'\nstages:\n{STAGE}".encode()


@pytest.fixture
def patched(monkeypatch):
    """DVC as `write_records_whole` leaves it, until the test ends."""
    for module in (_common, _yaml):
        monkeypatch.setattr(module, "_dump_data", module._dump_data)
    monkeypatch.setattr(_yaml, "_modify_data", _yaml._modify_data)
    write_records_whole()


def test_a_lock_whose_records_stay_as_they_were_is_not_written_again(patched, tmp_path):
    lock = tmp_path / "dvc.lock"
    lock.write_bytes(LOCK)
    inode = lock.stat().st_ino
    with dvc.utils.serialize.modify_yaml(lock) as data:
        data["stages"].update({"train@0": dict(reversed(data["stages"]["train@0"].items()))})
    assert lock.stat().st_ino == inode
    assert lock.read_bytes() == LOCK


def test_a_changed_lock_is_written_as_dvc_writes_it(patched, monkeypatch, tmp_path):
    # a word that DVC folds, numbers and words that YAML 1.1 and 1.2 read differently
    settings = {"sha256": "0123456789abcdef" * 4, "rate": 1e-05, "on": "off", "text": "1e3"}

    def written(name):
        lock = tmp_path / name / "dvc.lock"
        lock.parent.mkdir()
        lock.write_bytes(LOCK)
        with dvc.utils.serialize.modify_yaml(lock) as data:
            data["stages"]["train@1"] = {"cmd": "train 1", "params": {"params.yaml": settings}}
        return lock.read_bytes()

    ours = written("ours")
    monkeypatch.setattr(_yaml, "_modify_data", _common._modify_data)
    assert ours == written("dvc")
    assert ours.startswith(LOCK) and b"train 1" in ours


def test_dvc_that_dies_while_it_writes_leaves_the_old_lock(patched, tmp_path):
    lock = tmp_path / "dvc.lock"
    lock.write_bytes(LOCK)
    # half of it is written when the dumper meets what it cannot write
    with pytest.raises(Exception, match="cannot represent"):
        with dvc.utils.serialize.modify_yaml(lock) as data:
            data["stages"]["train@1"] = {"cmd": "train 1", "deps": object()}
    assert lock.read_bytes() == LOCK
    assert [path.name for path in tmp_path.iterdir()] == ["dvc.lock"]


def test_dvc_writes_the_same_bytes_as_before(patched, tmp_path):
    lock = tmp_path / "dvc.lock"
    lock.write_bytes(LOCK)
    with dvc.utils.serialize.modify_yaml(lock) as data:
        data["stages"]["pool"] = {"cmd": "make pool"}
    assert lock.read_bytes() == LOCK + b"  pool:\n    cmd: make pool\n"


@pytest.mark.parametrize("length", [0, 5, 13, 22, 30, 60, 100, 190, 250, 290])
def test_a_part_of_a_lock_is_not_whole_where_dvc_cannot_read_it(length):
    assert is_whole(LOCK)
    assert not is_whole(LOCK[:length])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3", "dvc.lock of x must hold names with values, not 3"),
        ("stages: [3]", "dvc.lock of x: stages must hold names with values, not [3]"),
        ("stages: {pool: 3}", "dvc.lock of x: pool must hold names with values, not 3"),
        ("stages: {pool: {outs: 3}}", "dvc.lock of x: pool: outs must be a list, not 3"),
        ("stages: {pool: {outs: [3]}}", "pool: a file must hold names with values, not 3"),
        ("stages: {pool: {deps: [{md5: a}]}}", "pool: a file has no path, only: md5"),
        ("stages: {pool: {params: {params.yaml: 3}}}", "params.yaml must be names with values"),
    ],
)
def test_a_lock_of_another_shape_is_one_line(content, message):
    with pytest.raises(UserError) as error:
        lock_in(content.encode(), "dvc.lock of x")
    assert message in str(error.value)


def test_a_lock_of_dvc_is_read():
    assert list(lock_in(LOCK, "dvc.lock")["stages"]) == ["train@0"]


def test_an_emptied_lock_is_not_one_without_stages():
    with pytest.raises(UserError, match="x is empty: a kill or a full disk cut it short"):
        lock_in(b"", "dvc.lock of x")


def test_a_lock_with_git_conflicts_is_the_users(tmp_path, capsys):
    lock = tmp_path / "dvc.lock"
    lock.write_bytes(LOCK[:60] + b"\n<<<<<<< HEAD\n")
    assert not set_aside_if_cut(lock)
    assert lock.exists()
    assert not set_aside_if_cut(tmp_path / "none.lock")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_lock_is_told_and_stays(tmp_path, kind):
    lock = tmp_path / "dvc.lock"
    put(kind, lock)
    with pytest.raises(UserError, match=f"dvc.lock is {NO_FILES[kind]}; it must be a file"):
        set_aside_if_cut(lock)
    assert lock.name in os.listdir(tmp_path)


def test_stages_are_read_again_when_a_cut_lock_is_out_of_the_way(tmp_path, monkeypatch, capsys):
    make_pipeline(tmp_path)
    monkeypatch.chdir(tmp_path)
    dvc_program = Path(sys.executable).parent / "dvc"
    subprocess.run([dvc_program, "repro", "--quiet"], check=True, capture_output=True)
    assert not any(stage.stale for stage in load_stages())
    lock = Path("dvc.lock")
    # both are YAML, and neither is what DVC reads
    for content in (b"", b"schema: '2.0'\nstages:\n  train@0:\n    cmd: train 0\n    deps:\n"):
        lock.write_bytes(content)
        assert all(stage.stale for stage in load_stages())
        assert not lock.exists()
        assert SET_ASIDE.read_bytes() == content
        assert "comes back from DVC's cache" in capsys.readouterr().err


def test_a_damaged_file_of_dvcs_cache_does_not_come_back_as_an_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LocalHashFileDB, "check", LocalHashFileDB.check)
    make_pipeline(tmp_path)
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], check=True)
    assert not any(stage.stale for stage in load_stages())
    (output,) = {path.read_bytes() for path in Path("models").iterdir()}
    (cached,) = [
        path
        for path in Path(".dvc/cache/files").rglob("*")
        if path.is_file() and path.read_bytes() == output
    ]
    # read-only, as DVC keeps what it believes
    cached.chmod(0o644)
    cached.write_bytes(b"")
    cached.chmod(0o444)
    Path("models/0").unlink()
    # both wrote these bytes
    assert all(stage.stale for stage in load_stages())
    run = [sys.executable, "-m", "bettersynth.experiments.workflow.stage_run", "train@0"]
    subprocess.run(run, check=True, capture_output=True)
    assert Path("models/0").read_bytes() == output
