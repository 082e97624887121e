"""Cheap measures of trials that ended with stage 1, by processes of their own.

A process measures in a folder with what the trials read (`measuring_tree`), so that a search loads
no models itself. What a trial's seed showed, and what measuring it took, is kept beside the trial.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.search.measuring_tree import measuring_tree
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.studies.measures import Asking
from bettersynth.experiments.workflow.shortage import AGAIN
from bettersynth.models.training.run_files import stage_one_file
from bettersynth.models.weights.stage_one_file import STAGE_ONE_FILE
from bettersynth.settings.regular_files import is_there

PROGRAM = "bettersynth.experiments.search.stage_one_program"
MEASURING = "bettersynth.experiments.studies.stage_one"
# src/
SOURCE = Path(__file__).parents[3]


@dataclasses.dataclass(frozen=True)
class SeedMeasures:
    """What stage 1 of one seed showed, by the names of `studies/measures.py`, and what asking for
    it took; `failure` is "", or why it could not be measured.
    """

    values: dict[str, float]
    cpu_seconds: float
    gpu_seconds: float
    failure: str = ""


def measured_seeds(
    outcomes: Sequence[Outcome], asking: Sequence[Asking], workers: int = 1
) -> list[list[SeedMeasures]]:
    """Return what each seed of each trial shows when it is asked so, in order; kept ones are read.

    Raises:
        UserError: measuring was killed, or the machine had no room: run the search again.
    """
    waiting = []
    for outcome in outcomes:
        for seed in outcome.trial.seeds:
            if _kept(outcome.trial.name, seed, asking) is None:
                waiting.append((outcome, seed))
    processes = max(1, min(workers, len(waiting)))
    # the same number of seeds for each, so that libraries are loaded once a process
    parts = [waiting[first::processes] for first in range(processes)]
    with ThreadPoolExecutor(max_workers=processes) as pool:
        list(pool.map(partial(_measure, asking=asking), [part for part in parts if part]))
    found = []
    for outcome in outcomes:
        of_trial = []
        for seed in outcome.trial.seeds:
            kept = _kept(outcome.trial.name, seed, asking)
            assert kept is not None, "it was measured just now"
            of_trial.append(kept)
        found.append(of_trial)
    return found


def _record_path(trial: str, seed: int, asking: Sequence[Asking]) -> Path:
    return scratch_folder("trials") / f"{trial}.{'-'.join(asking)}-{seed}.json"


def _kept(trial: str, seed: int, asking: Sequence[Asking]) -> SeedMeasures | None:
    """Return what was kept; None where nothing was, or other code measured it."""
    path = _record_path(trial, seed, asking)
    record = read_json(path) if is_there(path) else {}
    if record.pop("code", None) != code_digest(MEASURING):
        return None
    return SeedMeasures(**record)


def _measure(seeds: Sequence[tuple[Outcome, int]], asking: Sequence[Asking]) -> None:
    """Let one process measure these seeds, and keep what it says of each."""
    with tempfile.TemporaryDirectory(dir=scratch_folder("measuring")) as scratch:
        jobs = []
        for number, (outcome, seed) in enumerate(seeds):
            job = _job(outcome, seed, Path(scratch, str(number)))
            jobs.append(job | {"asking": list(asking)})
        plan = Path(scratch, "jobs.json")
        write_json(plan, jobs)
        _run(plan)
        for (outcome, seed), job in zip(seeds, jobs, strict=True):
            record = read_json(Path(job["result"])) | {"code": code_digest(MEASURING)}
            write_json(_record_path(outcome.trial.name, seed, asking), record)


def _job(outcome: Outcome, seed: int, folder: Path) -> dict[str, Any]:
    """Return what the process is told of one seed; its model is laid into `folder`."""
    trained = stage_one_file(seed)
    folder.mkdir()
    try:
        tree = measuring_tree(outcome.trial.name, outcome.trial.params)
        for path in (trained, trained.parent / "config.json"):
            (folder / path.name).write_bytes(outcome.read(path))
    except FileNotFoundError as error:
        raise UserError(
            f"{error}; type `dvc exp remove {outcome.trial.name}` and then the same command again"
        ) from None
    assert (folder / STAGE_ONE_FILE).is_file()
    return {
        "tree": str(tree),
        "folder": str(folder),
        "params": outcome.trial.params,
        "result": str(folder / "measures.json"),
    }


def _run(plan: Path) -> None:
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # the process works elsewhere, and keeps what it measured here
        "BETTERSYNTH_CACHE": str(scratch_folder().resolve()),
    }
    command = [sys.executable, "-m", PROGRAM, str(plan.resolve())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        raise UserError(f"measuring stage 1 was killed (signal {-done.returncode}); {AGAIN}")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UserError(f"measuring stage 1: {last.removeprefix('error: ')}; {AGAIN}")
