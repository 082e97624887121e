"""A worker does not outlive the process that it works for."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.committed import ROOT

# Its only worker writes down its id, then waits for ever
PARENT = """
import os, pathlib, sys, time
from bettersynth.data.files.processes import Limits, map_in_processes

def work(place):
    pathlib.Path(place).write_text(str(os.getpid()))
    time.sleep(600)

if __name__ == "__main__":
    list(map_in_processes(work, [sys.argv[1]], 1, limits=Limits()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    note = tmp_path / "worker"
    environment = os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))}
    # the tracker of semaphores says on stderr that a killed program left some
    silent = {"env": environment, "stderr": subprocess.DEVNULL}
    parent = subprocess.Popen([sys.executable, program, note], **silent)
    _require_soon(lambda: note.is_file() and note.read_text())
    worker = int(note.read_text())
    assert _runs(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _require_soon(lambda: not _runs(worker))
    assert not _runs(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="pidfd is Linux's")
def test_a_process_ends_with_another_that_is_not_its_parent():
    other = subprocess.Popen(["sleep", "60"])
    program = (
        "import sys, time; from bettersynth.data.files.orphans import end_with; "
        "end_with(int(sys.argv[1])); print('waits', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(other.pid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout.readline() == "waits\n"
        other.kill()
        other.wait()
        assert waiting.wait(timeout=20) == -signal.SIGKILL
    # that one is gone before it is asked for
    assert subprocess.run(command, timeout=20, check=False).returncode == -signal.SIGKILL


def test_every_pool_of_processes_ends_with_its_parent():
    pools = 0
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text()
        if re.search(r"(= |with |return )(ProcessPoolExecutor|WatchedPool)\(", text):
            pools += 1
            assert "end_with_parent()" in text or "end_with_parent)" in text, path
    assert pools > 0


def _runs(process):
    """Whether a process is there and no corpse that nobody has fetched yet."""
    status = Path(f"/proc/{process}/status")
    try:
        return "State:\tZ" not in status.read_text()
    except OSError:
        return False


def _require_soon(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
