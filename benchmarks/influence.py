"""Where a gain comes from: do attributions by gradients foretell what retraining stage 1 on random
halves of the default's training set gives, and do they find the planted mismatches?

    PYTHONPATH=src python benchmarks/influence.py --workers 2

In a clone whose default run is finished. What is done is not done again, so that a run that was
killed goes on when it is typed again, and a finished one prints its tables. All of it lies in
`results/influence/`, in a folder named by all that decides it; report.html there is the page.

* 50 random halves are trained for `--visits` rows each (no stage 2); the first 20 of them once more
  with another seed, which says how much of an outcome is chance.
* Three outcomes, asked by likelihood: a held-out caption, its own picture beside another, the right
  option of MMBench's seen half.
* Attributions are means over three other random halves and their complements: each sample was seen
  by three of these models, and not by the other three.
* Linear datamodelling score: Spearman over halves between what the half's samples are worth in sum
  and what was measured, for each item; its mean over items.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from influence_asking import OUTCOMES, outcomes, summary
from influence_gradients import DAMPING, WIDTH, influences
from influence_page import write_page
from influence_report import influence_tables
from influence_results import Findings, results
from influence_training import Bench

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.watched_pool import WatchedPool
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.data.tables.mix import TRAIN
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.training.environment import start_training_process
from bettersynth.models.training.run_files import image_side_files, model_files, run_key
from bettersynth.settings.reading import load_params

FOLDER = Path("results/influence")
PAGE = "report.html"
CODE = "bettersynth.models.training.pretrain_stage"
METHODS = ("trak", "dot")

# of a process that trains, made where it starts
_bench: Bench


@dataclasses.dataclass(frozen=True)
class Training:
    """One stage 1 on the samples `ids`; with `attributes` their influences are kept too."""

    name: str
    ids: tuple[str, ...]
    seed: int
    attributes: bool = False


def planned(ids: Sequence[str], halves: int, again: int, pairs: int) -> list[Training]:
    """Return all trainings: the halves, some of them again, and pairs of halves that attribute."""
    trainings = []
    for number, half in enumerate(random_halves(ids, halves, "measured")):
        trainings.append(Training(f"half-{number:02d}", half, 0))
        if number < again:
            trainings.append(Training(f"half-{number:02d}-again", half, 1))
    for number, half in enumerate(random_halves(ids, pairs, "attributing")):
        rest = tuple(id for id in ids if id not in set(half))
        trainings.append(Training(f"attributing-{number}", half, 0, attributes=True))
        trainings.append(Training(f"attributing-{number}-rest", rest, 0, attributes=True))
    return trainings


def random_halves(ids: Sequence[str], count: int, name: str) -> list[tuple[str, ...]]:
    """Return `count` random halves of sorted ids, the same for equal names."""
    rng = np.random.default_rng([0, zlib.crc32(f"influence: {name}".encode())])
    halves = []
    for _ in range(count):
        places = np.sort(rng.permutation(len(ids))[: len(ids) // 2])
        halves.append(tuple(ids[place] for place in places))
    return halves


def start_process(params: dict[str, Any], visits: int, asked_pairs: int) -> None:
    """Make this process ready to train."""
    global _bench
    start_training_process(1, None)
    _bench = Bench(params, visits, asked_pairs)


def train_and_ask(training: Training, folder: Path) -> float:
    """Train, ask and store; return the CPU seconds that it took."""
    began = time.process_time()
    model = _bench.trained(training.ids, training.seed, f"{folder.name}-{training.name}")
    asked = _bench.asked
    if training.attributes:
        own, gradients = _bench.gradients(model, _bench.samples)
        log_probabilities, asked_gradients = _bench.gradients(model, asked.rows)
        arrays = {"own": own.astype(np.float32)}
        for method, values in influences(gradients, asked_gradients).items():
            for outcome, weights in asked.weights.items():
                # [A, S]
                arrays[f"{method} {outcome}"] = (weights @ values).astype(np.float32)
        with complete_or_absent(folder / f"{training.name}.npz") as temporary:
            with temporary.open("wb") as stream:
                np.savez(stream, **arrays)
    else:
        log_probabilities = _bench.log_probabilities(model, asked.rows)
    by_item = {}
    for name, values in outcomes(asked, log_probabilities).items():
        by_item[name] = [round(value, 6) for value in values.tolist()]
    seconds = time.process_time() - began
    # last: a training without it is made again
    record = {"ids": training.ids, "seed": training.seed, "outcomes": by_item}
    record |= {"summary": summary(asked, log_probabilities), "cpu_seconds": round(seconds, 1)}
    write_json(folder / f"{training.name}.json", record)
    return seconds


def run_trainings(
    trainings: Sequence[Training], folder: Path, workers: int, given: tuple[Any, ...]
) -> None:
    """Do what is not done yet, `workers` trainings at once."""
    left = [one for one in trainings if not (folder / f"{one.name}.json").is_file()]
    if not left:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # fork would copy torch's threads half
    context = multiprocessing.get_context("spawn")
    with WatchedPool(workers, context, start_process, given) as pool:
        futures = [pool.submit(train_and_ask, training, folder) for training in left]
        for number, (training, future) in enumerate(zip(left, futures, strict=True), 1):
            line = f"{number} of {len(left)}: {training.name}, {future.result():.0f} CPU s"
            print(line, file=sys.stderr, flush=True)


def read_findings(trainings: Sequence[Training], folder: Path, bench: Bench) -> Findings:
    """Return what was stored of all trainings."""
    records = {one.name: read_json(folder / f"{one.name}.json") for one in trainings}
    halves = [one for one in trainings if one.name.startswith("half") and one.seed == 0]
    repeated = [one for one in halves if f"{one.name}-again" in records]
    models = [one for one in trainings if one.attributes]
    place = {id: number for number, id in enumerate(bench.ids)}
    inside = np.zeros((len(halves), len(bench.ids)), dtype=bool)
    for row, half in enumerate(halves):
        inside[row, [place[id] for id in half.ids]] = True

    def measured(names: Sequence[str], outcome: str) -> np.ndarray:
        return np.array([records[name]["outcomes"][outcome] for name in names])

    names = [half.name for half in halves]
    again = [f"{half.name}-again" for half in repeated]
    sums: dict[str, Any] = {}
    own_unseen = np.zeros(len(bench.ids))
    for model in models:
        with np.load(folder / f"{model.name}.npz") as stored:
            for name in stored.files:
                sums[name] = sums.get(name, 0.0) + stored[name] / len(models)
            # each sample is unseen by half of the models
            seen = np.isin(bench.ids, model.ids)
            own_unseen += np.where(seen, 0.0, stored["own"]) / (len(models) / 2)
    attributions = {}
    for method in METHODS:
        attributions[method] = {outcome: sums[f"{method} {outcome}"] for outcome in OUTCOMES}
    return Findings(
        inside=inside,
        measured={outcome: measured(names, outcome) for outcome in OUTCOMES},
        again={outcome: measured(again, outcome) for outcome in OUTCOMES} if again else {},
        summaries=[records[name]["summary"] for name in names],
        attributions=attributions,
        attributing=len(models),
        own=sums["own"],
        own_unseen=own_unseen,
        cpu_seconds=sum(record["cpu_seconds"] for record in records.values()),
    )


def main() -> None:
    """Train what is missing, print the tables and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--visits", type=int, default=3000, help="of each training; default 3000")
    parser.add_argument("--halves", type=int, default=50)
    parser.add_argument("--again", type=int, default=20, help="of them with a second seed")
    parser.add_argument("--pairs", type=int, default=3, help="of halves whose models attribute")
    parser.add_argument("--asked", type=int, default=300, help="held-out captions; default 300")
    parser.add_argument("--workers", type=int, default=1, help="trainings at once; default 1")
    arguments = parser.parse_args()
    if arguments.halves < 10 or arguments.pairs < 1:
        raise UserError("--halves must be 10 or more, --pairs 1 or more")
    params = load_params()
    start_training_process(1, None)
    bench = Bench(params, arguments.visits, arguments.asked)
    files = [TRAIN, SAMPLES, MMBENCH, *model_files(bench.model.language_model)]
    files += image_side_files(bench.model)
    decided_by = {"pretrain": dataclasses.asdict(bench.settings), "visits": arguments.visits}
    decided_by |= {"asked": arguments.asked, "width": WIDTH, "damping": DAMPING}
    folder = FOLDER / run_key(files, decided_by, CODE)
    trainings = planned(bench.ids, arguments.halves, arguments.again, arguments.pairs)
    given = (params, arguments.visits, arguments.asked)
    run_trainings(trainings, folder, arguments.workers, given)
    print(f"{folder}: {len(trainings)} trainings of {arguments.visits:,} visits")
    found = results(read_findings(trainings, folder, bench), bench)
    print(influence_tables(found, bench))
    write_page(found, bench, folder / PAGE)
    print(f"\npage: {folder / PAGE}")


if __name__ == "__main__":
    run_step(main)
