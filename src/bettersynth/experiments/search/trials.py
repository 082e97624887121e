"""Trials: composed settings, each run as a DVC experiment in a copy of the tree.

    thirds = [make_trial("low", ("experiment=tiny", "mix.visits=160"), seeds=(0, 1))]
    for outcome in run_trials(thirds, workers=2):
        print(outcome.trial.name, outcome.failure or outcome.score()["mmbench"])

What is done is found again by its name, which holds a digest of the settings and of the code: who
runs the same trials after a kill waits for none of the finished ones. What a killed trial had
trained is in DVC's run cache. DVC's own queue is not used: with several workers it loses runs.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.parquet_files import table_in
from bettersynth.data.files.reading import parse_json, read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.items import ITEMS, completed
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.experiments.console.stage_log import EXPERIMENT_LOGS, experiment_log, last_words
from bettersynth.experiments.history.costs import Record, stage_costs
from bettersynth.experiments.search.begun_lock import write_begun_lock
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.drift import tree_digest
from bettersynth.experiments.workflow.experiment import own_inputs
from bettersynth.experiments.workflow.revisions import (
    LOCK,
    experiment_references,
    read_at_revision,
)
from bettersynth.experiments.workflow.settings_check import require_valid_settings
from bettersynth.experiments.workflow.shortage import AGAIN, DISK
from bettersynth.experiments.workflow.temporary_trees import BEGINS_WITH
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there

# dependencies of stages that are no stage's output, as dvc.yaml writes them
CODE = ("src/", "conf/")
DIGEST_LETTERS = 8


@dataclasses.dataclass(frozen=True)
class Trial:
    """One setting to run up to the stage `target`, as the DVC experiment `name`.

    `overrides` are Hydra's, those of seeds and visits among them; `params` is what they compose to.
    """

    name: str
    overrides: tuple[str, ...]
    target: str
    params: dict[str, Any] = dataclasses.field(repr=False, compare=False)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds."""
        return tuple(self.params["seeds"])


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a trial ended: `failure` is its reason in one line, "" where it finished.

    The seconds are what this run of it took, DVC's own among them. What was trained before for
    another trial costs nothing again.
    """

    trial: Trial
    failure: str
    cpu_seconds: float
    gpu_seconds: float

    def read(self, path: str | Path) -> bytes:
        """Return a file of the finished experiment, tracked by git or DVC.

        Raises:
            FileNotFoundError: it has none of this name.
        """
        return read_at_revision(self.trial.name, str(path))

    def items(self) -> pa.Table:
        """Return `results/items.parquet`; of a trial whose target is the stage score."""
        return completed(table_in(self.read(ITEMS)))

    def score(self) -> dict[str, Any]:
        """Return `results/score.json`; of a trial whose target is the stage score."""
        score: dict[str, Any] = parse_json(self.read(SCORE), f"{SCORE} of {self.trial.name}")
        return score


def make_trial(
    label: str,
    overrides: Sequence[str],
    seeds: Sequence[int] | None = None,
    visits: int | None = None,
    target: str = "score",
) -> Trial:
    """Return the trial of these Hydra overrides, seeds and visits (by default the setting's own).

    Raises:
        UserError: the settings do not compose, or a stage would refuse them.
    """
    words = list(overrides)
    if seeds is not None:
        words.append(f"seeds={json.dumps(list(seeds))}")
    if visits is not None:
        words.append(f"mix.visits={visits}")
    params = composed(words)
    # what a search sets is not to be warned of
    require_valid_settings(params, warns=False)
    for setting, path in own_inputs(params).items():
        words.append(f"{setting}={path}")
    what = json.dumps([params, target, _code_digest()], sort_keys=True)
    digest = hashlib.sha256(what.encode()).hexdigest()[:DIGEST_LETTERS]
    return Trial(f"{label}-{digest}", tuple(words), target, params)


def _code_digest() -> str:
    """Return a digest of dvc.yaml and of all code that its stages depend on."""
    paths = set()
    for stage in load_params("dvc.yaml")["stages"].values():
        for dependency in stage.get("do", stage).get("deps", []):
            if str(dependency).startswith(CODE):
                paths.add(str(dependency))
    return tree_digest(["dvc.yaml", *sorted(paths)])


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
    """
    with _alone(trial) as lock:
        known = known_outcome(trial)
        if known is not None:
            return known
        began = time.time()
        begun = write_begun_lock(shared.name if shared else None, trial.params)
        code, cpu_seconds = _run_dvc(trial, lock, begun)
        failure = _reason(trial, code) if code else ""
        numbers = {"cpu_seconds": round(cpu_seconds, 1), "gpu_seconds": _gpu_seconds(trial, began)}
        write_json(_record_path(trial), {"failure": failure, "settings": trial.overrides} | numbers)
        return Outcome(trial, failure, numbers["cpu_seconds"], numbers["gpu_seconds"])


def known_outcome(trial: Trial) -> Outcome | None:
    """Return the outcome of a trial that ended before; None of one that has not."""
    path = _record_path(trial)
    record = read_json(path) if is_there(path) else {}
    failure = str(record.get("failure", ""))
    if not failure and trial.name not in experiment_references():
        return None
    if not record:
        # killed after DVC had kept the experiment: its stages say what they took, all of them
        stages = _stage_records(trial)
        return Outcome(trial, "", _sum(stages, "cpu_seconds"), _sum(stages, "gpu_seconds"))
    return Outcome(trial, failure, float(record["cpu_seconds"]), float(record["gpu_seconds"]))


def recipe_cpu_seconds(trial: Trial) -> float:
    """Return the CPU seconds of all stages of a finished trial, whichever trial they ran for."""
    return _sum(_stage_records(trial), "cpu_seconds")


def recipe_gpu_seconds(trial: Trial) -> float:
    """Return the GPU seconds of all stages of a finished trial, as `recipe_cpu_seconds`."""
    return _sum(_stage_records(trial), "gpu_seconds")


def _record_path(trial: Trial) -> Path:
    return scratch_folder("trials") / f"{trial.name}.json"


@contextmanager
def _alone(trial: Trial) -> Iterator[int]:
    """Wait until nobody else runs this trial, and yield the open file that says so.

    DVC's process holds it too: one whose starter was killed goes on, and is waited for.
    """
    lock = os.open(_record_path(trial).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o666)
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


def _reason(trial: Trial, code: int) -> str:
    """Return what a failed trial said and how to run it again, in one line.

    Raises:
        UserError: it was killed, or the machine had no room, which says nothing of its settings.
    """
    log = EXPERIMENT_LOGS / f"{trial.name}.log"
    if code < 0:
        raise UserError(f"the trial {trial.name} was killed (signal {-code}); {AGAIN}")
    words = last_words(log)
    told = [line for line in words if line.startswith("error: ")]
    last = (told or words or [f"exit code {code}"])[-1].removeprefix("error: ")
    if AGAIN in last or DISK.search(last):
        raise UserError(f"the trial {trial.name}: {last}")
    record = os.path.relpath(_record_path(trial))
    return f"{last} (all words: {log}; to try again: remove {record})"


def _stage_records(trial: Trial) -> list[Record]:
    try:
        content = read_at_revision(trial.name, LOCK)
    except FileNotFoundError:
        return []
    records = stage_costs(lock_in(content, f"{LOCK} of {trial.name}")).values()
    return [record for record in records if record is not None]


def _gpu_seconds(trial: Trial, began: float) -> float:
    """Return the GPU seconds of the stages that ran in this trial."""
    own = []
    for record in _stage_records(trial):
        if datetime.fromisoformat(record["finished"]).timestamp() >= int(began):
            own.append(record)
    return _sum(own, "gpu_seconds")


def _sum(records: Sequence[Record], field: str) -> float:
    return round(sum(float(record.get(field) or 0.0) for record in records), 1)
