"""Whether kills change anything: runs that are killed at random moments end with the same bytes.

    python benchmarks/faults/kills.py --folder /tmp/kills --pipeline 40 --experiment 10
    python benchmarks/faults/kills.py --folder /tmp/kills --queue 5 --workers 10

The tiny experiment runs in clones under the folder. SIGKILL meets every process of a run at once
(`--workers`: one child of a stage alone), after a random time; then the same command is typed
again, and killed again, until it ends. Then everything is compared with a run that nobody killed:
the bytes of all outputs, the files that lie around, processes, locks, git's branch.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from leftovers import differences
from tiny_clone import SCORE, SETTINGS, environment, finished_clone, make_clone, require, run

SETTING_WORDS = [word for setting in SETTINGS for word in ("-S", setting)]
# as far as SCORE goes
EXPERIMENT_RUN = ("dvc", "exp", "run", *SETTING_WORDS, "score")
QUEUE = ("dvc", "exp", "run", "--queue", *SETTING_WORDS, "score")
QUEUE_START = ("dvc", "queue", "start")
# in the command line of a stage's child
WORKER = "multiprocessing"
POLL_SECONDS = 0.05
AGAIN = b"run the same command again"


@dataclass
class Outcome:
    """What became of one clone: its kills, and what was wrong afterwards."""

    kind: str
    # seconds after each start
    kills: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that work in a folder or below it, but for this one."""
    inside = []
    for process in psutil.process_iter():
        try:
            place = Path(process.cwd())
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and place.is_relative_to(folder):
            inside.append(process)
    return inside


def kill_all(folder: Path) -> None:
    """Kill what works in a folder, and what that started meanwhile."""
    while working := processes_in(folder):
        for process in working:
            try:
                process.kill()
            except psutil.Error:
                continue
        psutil.wait_procs(working, timeout=5)


def kill_one_worker(folder: Path) -> bool:
    """Kill one child process of a stage, if there is one now."""
    workers = []
    for process in processes_in(folder):
        try:
            words = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if WORKER in words and "resource_tracker" not in words:
            workers.append(process)
    if not workers:
        return False
    random.choice(workers).kill()
    return True


def start(command: Sequence[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Begin a command whose output is added to `log`."""
    with open(log, "ab") as stream:
        stream.write(f"\n$ {' '.join(command)}\n".encode())
        stream.flush()
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a command's end, for so long at most."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def killed_often(
    command: Sequence[str], folder: Path, outcome: Outcome, kills: int, longest: float
) -> None:
    """Run a command that is killed so often, or until it ends by itself; then let it end."""
    log = folder.with_suffix(".log")
    for _ in range(kills):
        process = start(command, folder, log)
        seconds = random.uniform(0, longest)
        if ended_within(process, seconds):
            if not process.returncode:
                break
            # told what to do, or a fault that the last run has too
            continue
        kill_all(folder)
        process.wait()
        outcome.kills.append(seconds)
    else:
        process = ended(command, folder, log)
    if process.returncode:
        outcome.faults.append(f"exit code {process.returncode}: {last_words(log)}")


def ended(command: Sequence[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Run a command to its end; once more where it puts something right first, and says so."""
    said = log.stat().st_size if log.exists() else 0
    process = start(command, folder, log)
    process.wait()
    if process.returncode and AGAIN in log.read_bytes()[said:]:
        process = start(command, folder, log)
        process.wait()
    return process


def queue_killed_often(
    command: Sequence[str], folder: Path, outcome: Outcome, kills: int, longest: float
) -> None:
    """Queue the experiment and kill its worker; then the same two commands again."""
    log = folder.with_suffix(".log")
    for attempt in range(kills + 1):
        for words in (command, QUEUE_START):
            if ended(words, folder, log).returncode:
                outcome.faults.append(f"{' '.join(words)}: {last_words(log)}")
                return
        seconds = random.uniform(0, longest) if attempt < kills else 3600
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and processes_in(folder):
            time.sleep(1)
        if not processes_in(folder):
            break
        kill_all(folder)
        outcome.kills.append(seconds)
    # what it made lies in DVC's cache; all that were queued have the same settings
    kept = require(["dvc", "exp", "list", "--name-only"], folder).split()
    if kept:
        # it fails on the report's files alone, which an experiment up to the score does not have
        run(("dvc", "exp", "apply", kept[-1]), folder)
        require(["dvc", "checkout", "--with-deps", "score"], folder)
    else:
        outcome.faults.append(f"no experiment is kept: {last_words(log)}")


def workers_killed(
    command: Sequence[str], folder: Path, outcome: Outcome, kills: int, longest: float
) -> None:
    """Kill single children of stages; a stage that gives up is begun again by the same command."""
    log = folder.with_suffix(".log")
    process = start(command, folder, log)
    began = time.monotonic()
    pause = random.uniform(0, longest)
    while process.poll() is None or (process.returncode and len(outcome.kills) < kills):
        if process.poll() is not None:
            process = start(command, folder, log)
        time.sleep(POLL_SECONDS)
        waited = time.monotonic() - began
        if len(outcome.kills) < kills and waited > pause and kill_one_worker(folder):
            outcome.kills.append(waited)
            began = time.monotonic()
            pause = random.uniform(0, longest)
    if process.returncode:
        process = start(command, folder, log)
        if process.wait():
            outcome.faults.append(f"exit code {process.returncode}: {last_words(log)}")


def last_words(log: Path) -> str:
    """Return the end of what the commands said, on one line."""
    words = log.read_text(encoding="utf-8", errors="replace").split()
    return " ".join(words)[-300:]


def rounds(
    kind: str, kills: int, a_round: int, disturb: Callable[[Path, Outcome, int], None], folder: Path
) -> Iterator[Outcome]:
    """Yield what became of clone after clone, until there were kills enough."""
    done = 0
    number = 0
    while done < kills:
        reference = finished_clone(folder / "undisturbed")
        number += 1
        clone = make_clone(folder / f"{kind}-{number}")
        outcome = Outcome(kind)
        disturb(clone, outcome, min(a_round, kills - done))
        outcome.faults += [f"still working: {p.pid}" for p in processes_in(clone)]
        kill_all(clone)
        outcome.faults += differences(reference, clone)
        # a run that had nothing to do any more cannot be killed: no clone without a kill counts
        done += max(1, len(outcome.kills))
        yield outcome


def main() -> None:
    """Kill runs of the kinds that the command line asks for, and print a table of the clones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where clones are made")
    parser.add_argument("--pipeline", type=int, default=0, help="kills of snakemake")
    parser.add_argument("--experiment", type=int, default=0, help="kills of dvc exp run")
    parser.add_argument("--queue", type=int, default=0, help="kills of queue workers")
    parser.add_argument("--workers", type=int, default=0, help="kills of a stage's children")
    parser.add_argument("--a-round", type=int, default=8, help="kills of one clone")
    parser.add_argument("--longest", type=float, default=40, help="seconds from start to kill")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    random.seed(arguments.seed)
    kinds = {
        "pipeline": (killed_often, SCORE),
        "experiment": (killed_often, EXPERIMENT_RUN),
        "queue": (queue_killed_often, QUEUE),
        "workers": (workers_killed, SCORE),
    }
    outcomes = []
    for kind, (disturb, command) in kinds.items():
        disturbed = functools.partial(disturb, command, longest=arguments.longest)
        for outcome in rounds(kind, getattr(arguments, kind), arguments.a_round, disturbed, folder):
            outcomes.append(outcome)
            print(f"{kind}: {len(outcome.kills)} kills, {outcome.faults or 'same'}", flush=True)
    print_table(outcomes)
    sys.exit(any(outcome.faults for outcome in outcomes))


def print_table(outcomes: Sequence[Outcome]) -> None:
    """Print clones and kills of each kind, as Markdown."""
    print("| what was killed | clones | kills | clones that ended the same |")
    print("| --- | --- | --- | --- |")
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        kills = sum(len(outcome.kills) for outcome in of_kind)
        same = sum(not outcome.faults for outcome in of_kind)
        print(f"| {kind} | {len(of_kind)} | {kills} | {same} |")


if __name__ == "__main__":
    main()
