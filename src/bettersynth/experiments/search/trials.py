"""Trials: composed settings, each run as a DVC experiment in a copy of the tree.

    thirds = [make_trial("low", ("experiment=tiny", "mix.visits=160"), seeds=(0, 1))]
    for outcome in run_trials(thirds, workers=2):
        print(outcome.trial.name, outcome.failure or outcome.score()["mmbench"])

What is done is found again by its name: who runs the same trials after a kill waits for none of the
finished ones. What a killed trial had trained is in DVC's run cache. DVC's own queue is not used:
with several workers it loses runs.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bettersynth.experiments.console.stage_log import EXPERIMENT_LOGS, experiment_log, last_words
from bettersynth.experiments.search.begun_lock import write_begun_lock
from bettersynth.experiments.search.outcomes import (
    Outcome,
    beginning_of,
    keep_outcome,
    known_outcome,
    note_beginning,
    record_path,
    stages_since,
    summed,
)
from bettersynth.experiments.search.trial_end import failure_of
from bettersynth.experiments.search.trial_settings import Trial
from bettersynth.experiments.workflow.temporary_trees import BEGINS_WITH
from bettersynth.models.devices.gpus import visible_gpus


def run_trials(
    trials: Sequence[Trial],
    workers: int = 1,
    when_ended: Callable[[Outcome], None] = lambda outcome: None,
    shared: Trial | None = None,
) -> list[Outcome]:
    """Run what of the trials is not done, `workers` at once, and return all outcomes in order.

    `shared` is a trial that made the data that all share; without one the first of the trials runs
    alone and makes it. `when_ended` is called with each outcome as it comes, one after the other.
    """
    waiting = [trial for trial in trials if known_outcome(trial) is None]
    alone = waiting[:1] if shared is None and len(waiting) == len(trials) else []
    ended: dict[str, Outcome] = {}
    # what counts the outcomes must not be changed meanwhile
    one_at_a_time = threading.Lock()

    def run(trial: Trial) -> None:
        ended[trial.name] = run_trial(trial, shared)
        with one_at_a_time:
            when_ended(ended[trial.name])

    for trial in alone:
        run(trial)
    together = [trial for trial in trials if trial not in alone]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        # list: an exception of a worker's is raised here
        list(pool.map(run, dict.fromkeys(together)))
    return [ended[trial.name] for trial in trials]


def run_trial(trial: Trial, shared: Trial | None = None) -> Outcome:
    """Run a trial and return its outcome; at once if it is done.

    `shared` is a trial that made the data that this one shares with others. One that failed is not
    run again: the message names the record to remove.

    Raises:
        UserError: it was killed or interrupted, or the machine had no room: run it again.
    """
    with _alone(trial) as lock:
        known = known_outcome(trial)
        if known is not None:
            # one that DVC kept after its starter was killed has no record yet
            keep_outcome(known)
            return known
        note_beginning(trial)
        began = time.time()
        stopwatch = time.monotonic()
        begun = write_begun_lock(shared.name if shared else None, trial.params)
        code, cpu_seconds = _run_dvc(trial, lock, begun)
        failure = _failure(trial, code) if code else ""
        gpu_seconds = summed(stages_since(trial, beginning_of(trial)), "gpu_seconds")
        if failure and visible_gpus():
            # its stages have no records: the most that one GPU can have worked
            gpu_seconds = round(time.monotonic() - stopwatch, 1)
        outcome = Outcome(
            trial,
            failure,
            round(cpu_seconds + _cpu_seconds_before(trial, began), 1),
            gpu_seconds,
        )
        keep_outcome(outcome)
        return outcome


def _cpu_seconds_before(trial: Trial, moment: float) -> float:
    """Return the CPU seconds of what killed runs of a finished trial had finished by `moment`."""
    all_runs = stages_since(trial, beginning_of(trial))
    this_run = stages_since(trial, moment)
    return summed(all_runs, "cpu_seconds") - summed(this_run, "cpu_seconds")


@contextmanager
def _alone(trial: Trial) -> Iterator[int]:
    """Wait until nobody else runs this trial, and yield the open file that says so.

    DVC's process holds it too: one whose starter was killed goes on, and is waited for.
    """
    lock = os.open(record_path(trial).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _run_dvc(trial: Trial, lock: int, begun: Path | None) -> tuple[int, float]:
    """Return DVC's exit code, and the CPU seconds of it and all that it started.

    `begun` is the dvc.lock that the copy of the tree begins with.
    """
    command = ["dvc", "--wait-for-lock", "exp", "run", "--temp", "--name", trial.name]
    for override in trial.overrides:
        command += ["--set-param", override]
    with experiment_log(trial.name).open("ab") as log:
        process = subprocess.Popen(
            [*command, trial.target],
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            env=os.environ | ({BEGINS_WITH: str(begun)} if begun else {}),
        )
        # not `process.wait`: the system tells what a child took to whoever waits for it this way
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _failure(trial: Trial, code: int) -> str:
    log = EXPERIMENT_LOGS / f"{trial.name}.log"
    return failure_of(trial.name, code, last_words(log), log, os.path.relpath(record_path(trial)))
