"""A step ends with one line where the user can mend what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("no such source"), "error: no such source"),
        (
            OSError(28, "No space left on device", "data/x"),
            "error: No space left on device: data/x; make room there, then run the same command "
            "again: what was finished is kept",
        ),
        (PermissionError(13, "Permission denied", "data/x"), "error: Permission denied: data/x"),
    ],
)
def test_a_users_mistake_ends_a_step_with_one_line(error, line):
    def main():
        raise error

    with pytest.raises(SystemExit) as stopped:
        run_step(main)
    assert stopped.value.code == line


def test_a_fault_of_the_program_keeps_its_traceback():
    def main():
        raise ValueError("no such row")

    with pytest.raises(ValueError, match="no such row"):
        run_step(main)


POOL_THAT_IS_SHORT_OF_FILES = """
import multiprocessing, time
from bettersynth.experiments.workflow.run_step import run_step

def main():
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,)).start()
    raise OSError(24, "Too many open files")

run_step(main)
"""


def test_workers_that_wait_for_work_do_not_keep_a_failed_step_from_ending():
    done = subprocess.run(
        [sys.executable, "-c", POOL_THAT_IS_SHORT_OF_FILES],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: Too many open files; raise the limit")


def test_a_reader_that_has_seen_enough_is_no_error():
    program = (
        "from bettersynth.experiments.workflow.run_step import run_step; run_step(lambda: "
        "print('a line\\n' * 100_000))"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "a line\n"
    writer.stdout.close()
    assert writer.stderr.read() == ""
    assert writer.wait() == 1
    writer.stderr.close()


def test_a_stream_that_the_caller_closed_ends_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)

    def main():
        assert not sys.stderr.isatty()
        print("said to nobody")

    run_step(main)
    for stream in (sys.stdout, sys.stderr):
        stream.close()


def test_a_step_that_is_asked_for_help_says_what_it_takes_and_does_nothing(tmp_path):
    command = [sys.executable, "-m", "bettersynth.steps.stats", "--help"]
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": source},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Run alone: `python -m bettersynth.steps.stats NAME`" in done.stdout
    assert list(tmp_path.iterdir()) == []
