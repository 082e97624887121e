"""Measure stage 1 of what exhaustive.py trained, as a rung with `measure` does.

    PYTHONPATH=src python benchmarks/search/stage_one_table.py --workers 2 --to /tmp/exhaustive

writes `stage_one.parquet` beside `answers.parquet`: a row a recipe, visits, seed and measure. All
five seeds with 3,000 visits, and seed 0 with 9,000 (`--whole-seeds`); about 12 CPU seconds each,
kept. Type it again after a kill.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from exhaustive import SEARCH, WHOLE, Job, in_order, jobs_of

from bettersynth.data.files.writing import write_table
from bettersynth.experiments.search.checks import read_search
from bettersynth.experiments.search.outcomes import Outcome, known_outcome
from bettersynth.experiments.search.stage_one_trials import SeedMeasures, measured_seeds
from bettersynth.experiments.studies.measures import MEASURES, Asking
from bettersynth.experiments.workflow.run_step import run_step

# as searches ask
ASKINGS: tuple[tuple[Asking, ...], ...] = (("captions",), ("options",), ("captions", "options"))
STAGE_ONE = pa.schema(
    [
        ("recipe", pa.int32()),
        ("visits", pa.int32()),
        ("seed", pa.int32()),
        ("measure", pa.string()),
        ("value", pa.float64()),
        ("cpu_seconds", pa.float64()),
    ]
)
"""`cpu_seconds` are what asking the seed took, for all measures that come with this one."""


def rows_of(
    job: Job, seed: int, measured: SeedMeasures, asking: tuple[Asking, ...]
) -> list[dict[str, Any]]:
    """Return a row a measure of those that were asked for."""
    rows = []
    for name, value in measured.values.items():
        if MEASURES[name].asking != asking:
            continue
        row = {"recipe": job.recipe, "visits": job.visits, "seed": seed, "measure": name}
        rows.append(row | {"value": value, "cpu_seconds": measured.cpu_seconds})
    return rows


def to_measure(jobs: Sequence[Job], whole_seeds: Sequence[int]) -> list[tuple[Job, Outcome]]:
    """Return the trials that are done, with the seeds that are to be measured of them."""
    found = []
    for job in jobs:
        outcome = known_outcome(job.trial)
        if outcome is None or outcome.failure or job.control:
            continue
        if job.visits == WHOLE and whole_seeds:
            params = job.trial.params | {"seeds": list(whole_seeds)}
            trial = dataclasses.replace(job.trial, params=params)
            found.append((job, dataclasses.replace(outcome, trial=trial)))
        elif job.trial.target == "pretrain":
            found.append((job, outcome))
    return found


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--workers", type=int, default=2, help="processes at once; default 2")
    parser.add_argument("--whole-seeds", type=int, nargs="*", default=[0])
    arguments = parser.parse_args()
    phases = jobs_of(read_search(SEARCH))
    # the few visits first: they are what a search would measure
    jobs = [*phases[1], *phases[0]]
    rows = []
    waiting = to_measure(jobs, arguments.whole_seeds)
    for number, (job, outcome) in enumerate(waiting, start=1):
        for asking in ASKINGS:
            [seeds] = measured_seeds([outcome], asking, arguments.workers)
            for seed, measured in zip(outcome.trial.seeds, seeds, strict=True):
                if measured.failure:
                    print(f"{job.trial.name}, seed {seed}: {measured.failure}", file=sys.stderr)
                rows += rows_of(job, seed, measured, asking)
        print(f"{number} of {len(waiting)}: {job.trial.name}", file=sys.stderr, flush=True)
    table = pa.Table.from_pylist(rows, schema=STAGE_ONE)
    order = ["recipe", "visits", "seed", "measure"]
    write_table(arguments.to / "stage_one.parquet", in_order(table, order))


if __name__ == "__main__":
    run_step(main)
