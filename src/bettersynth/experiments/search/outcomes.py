"""How trials ended, and what they took: found again by a trial's name after any kill.

A trial is done if its record under `.cache/trials/` tells of a failure, or if DVC has an experiment
of its name. Its beginning is noted beside the record: a stage that was made before it was another
trial's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
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
from bettersynth.experiments.history.costs import Record, stage_costs
from bettersynth.experiments.search.trial_settings import Trial
from bettersynth.experiments.workflow.revisions import (
    LOCK,
    experiment_references,
    read_at_revision,
)
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.regular_files import is_there


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a trial ended: `failure` is its reason in one line, "" where it finished.

    The seconds are what all runs of it took, DVC's own among them; of a run that was killed, what
    it finished. What was trained before for another trial costs nothing again. One that failed has
    its last run's wall time as GPU seconds where a GPU is visible.
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


def known_outcome(trial: Trial) -> Outcome | None:
    """Return the outcome of a trial that ended before; None of one that has not."""
    path = record_path(trial)
    record = read_json(path) if is_there(path) else {}
    failure = str(record.get("failure", ""))
    if not failure and trial.name not in experiment_references():
        return None
    if record:
        return Outcome(trial, failure, float(record["cpu_seconds"]), float(record["gpu_seconds"]))
    # its starter was killed, and DVC kept the experiment: the stages say what they took
    stages = stages_since(trial, beginning_of(trial))
    return Outcome(trial, "", summed(stages, "cpu_seconds"), summed(stages, "gpu_seconds"))


def keep_outcome(outcome: Outcome) -> None:
    """Write the record by which the outcome is found again."""
    record = {
        "failure": outcome.failure,
        "settings": outcome.trial.overrides,
        "cpu_seconds": outcome.cpu_seconds,
        "gpu_seconds": outcome.gpu_seconds,
    }
    write_json(record_path(outcome.trial), record)


def note_beginning(trial: Trial) -> None:
    """Write when the first run of a trial begins; an earlier note stands."""
    path = _beginning_path(trial)
    if not is_there(path):
        write_json(path, {"began": time.time()})


def beginning_of(trial: Trial) -> float:
    """Return when the first run of a trial began, in seconds since 1970; 0 if nobody noted it."""
    path = _beginning_path(trial)
    return float(read_json(path)["began"]) if is_there(path) else 0.0


def stages_since(trial: Trial, moment: float) -> list[Record]:
    """Return the costs of those stages of a finished trial that ended at `moment` or later."""
    since = []
    for record in _stage_records(trial):
        # records hold whole seconds
        if datetime.fromisoformat(record["finished"]).timestamp() >= int(moment):
            since.append(record)
    return since


def recipe_cpu_seconds(trial: Trial) -> float:
    """Return the CPU seconds of all stages of a finished trial, whichever trial they ran for."""
    return summed(_stage_records(trial), "cpu_seconds")


def recipe_gpu_seconds(trial: Trial) -> float:
    """Return the GPU seconds of all stages of a finished trial, as `recipe_cpu_seconds`."""
    return summed(_stage_records(trial), "gpu_seconds")


def record_path(trial: Trial) -> Path:
    """Return where the outcome of a trial is kept."""
    return scratch_folder("trials") / f"{trial.name}.json"


def _beginning_path(trial: Trial) -> Path:
    return record_path(trial).with_suffix(".began")


def _stage_records(trial: Trial) -> list[Record]:
    try:
        content = read_at_revision(trial.name, LOCK)
    except FileNotFoundError:
        return []
    records = stage_costs(lock_in(content, f"{LOCK} of {trial.name}")).values()
    return [record for record in records if record is not None]


def summed(records: Sequence[Record], field: str) -> float:
    """Return the sum of a field of the records, seconds to a tenth."""
    return round(sum(float(record.get(field) or 0.0) for record in records), 1)
