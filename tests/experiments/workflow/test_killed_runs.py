"""A run begins although the one before was killed, and keeps out of the way of one that works."""

import subprocess
import sys
from pathlib import Path

import pytest

from bettersynth.experiments.workflow.killed_runs import LOCKS, begin_run

HOLDING = """
from bettersynth.experiments.workflow.killed_runs import begin_run
begin_run()
print("begun", flush=True)
input()
"""


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """The lock of a run that was killed."""
    monkeypatch.chdir(tmp_path)
    LOCKS.mkdir(parents=True)
    lock = LOCKS / "0.output.lock"
    lock.write_text("data/pool")
    return lock


def other_run():
    """Start a run in a process of its own, which works until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
    )
    process.stdout.readline()
    return process


def test_the_locks_of_a_killed_run_are_removed(lock):
    begin_run()
    assert not lock.exists()


def test_the_locks_of_a_run_at_work_stay_until_it_is_killed(lock):
    with other_run() as working:
        lock.write_text("data/pool")
        begin_run()
        assert lock.exists()
        working.kill()
    with other_run() as after:
        # this process has begun a run too, and still lives
        assert lock.exists()
        after.kill()


def test_a_folder_without_runs_is_begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin_run()
    assert Path(".snakemake/running").exists()
