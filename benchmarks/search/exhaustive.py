"""Train every recipe of some drawn ones, so that a search can be replayed on real answers.

    PYTHONPATH=src python benchmarks/search/exhaustive.py --workers 2 --to /tmp/exhaustive
    # type it again after a kill: what is trained is read. `--stored` writes the tables of what is
    # done so far, and trains nothing.

Recipe 0 is what `conf/search/nano.yaml` starts from; 24 are drawn evenly from its space by a fixed
seed. One of these leaves no pair, so that 24 are trained: each on five seeds with 9,000 visits,
then its stage 1 alone on five seeds with 3,000, then whole on two seeds with 3,000. About two hours
of two cores. Written are, in `--to`:

* `answers.parquet`: a row a training and item, which replays read (`replay.py --stored`);
* `costs.parquet`: CPU seconds by recipe, visits, stage and seed; the stage `trial` is all that the
  trial's process took, DVC's part among it;
* `experiments.txt`: what `bettersynth fidelity` is given to measure stage 1 of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.writing import complete_or_absent, write_table
from bettersynth.data.tables.items import PROBABILITY, TEXT_PROTOCOL
from bettersynth.evaluation.scoring.halves import items_of_half
from bettersynth.experiments.history.costs import stage_costs
from bettersynth.experiments.search.checks import read_search
from bettersynth.experiments.search.outcomes import Outcome, known_outcome
from bettersynth.experiments.search.space import overrides_of, start_of
from bettersynth.experiments.search.trial_settings import Trial, make_trial
from bettersynth.experiments.search.trials import run_trials
from bettersynth.experiments.workflow.revisions import LOCK
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.search import SearchSettings

SEARCH = "nano"
RECIPES = 25
# fixed before any of them was trained
DRAW_SEED = 24
SEEDS = (0, 1, 2, 3, 4)
WHOLE, CHEAP = 9000, 3000
CHEAP_SEEDS = (0, 1)
# settings that change nothing of a recipe which puts no new captions in
OF_EXCHANGE = ("caption", "mix.exchange_threshold", "mix.new_captions_pass")
DIGITS = 3
# what the search of this file goes by, and TextVQA's own
PROTOCOLS = {"mmbench": PROBABILITY, "textvqa": TEXT_PROTOCOL}

ANSWERS = pa.schema(
    [
        ("recipe", pa.int32()),
        ("settings", pa.string()),
        ("control", pa.bool_()),
        ("visits", pa.int32()),
        ("seed", pa.int32()),
        ("samples", pa.int32()),
        ("benchmark", pa.string()),
        ("half", pa.string()),
        ("picture", pa.string()),
        ("item", pa.string()),
        ("score", pa.float64()),
    ]
)
"""`settings` are JSON, what differs from recipe 0. `samples` are those that were trained on.
`half` is seen or unseen by a search. `score` is in [0, 1]."""

COSTS = pa.schema(
    [
        ("recipe", pa.int32()),
        ("control", pa.bool_()),
        ("visits", pa.int32()),
        ("target", pa.string()),
        ("stage", pa.string()),
        ("seed", pa.int32()),
        ("cpu_seconds", pa.float64()),
    ]
)
"""`seed` is null for stages that serve all seeds. What an earlier trial made for a later one too
has the same seconds in both; `trial` has what its own process took, this time."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A recipe to be trained up to the stage `target`: its number, what it varies, its trial."""

    recipe: int
    values: dict[str, Any] = dataclasses.field(hash=False)
    visits: int
    control: bool
    trial: Trial


def drawn_recipes(search: SearchSettings, count: int = RECIPES) -> list[dict[str, Any]]:
    """Return what each recipe varies: nothing, then draws of which no two select alike."""
    rng = np.random.default_rng([DRAW_SEED, zlib.crc32(b"recipes")])
    recipes: list[dict[str, Any]] = [{}]
    known: list[dict[str, Any]] = []
    while len(recipes) < count:
        values: dict[str, Any] = {}
        for name, varied in search.vary.items():
            if varied.choices is not None:
                values[name] = varied.choices[int(rng.integers(len(varied.choices)))]
            else:
                assert varied.low is not None and varied.high is not None
                values[name] = round(float(rng.uniform(varied.low, varied.high)), DIGITS)
        for rule in search.rules:
            values[f"rule:{rule}"] = bool(rng.integers(2))
        selects = effective(values)
        if selects not in known:
            known.append(selects)
            recipes.append(values)
    return recipes


def effective(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that decide what is trained on."""
    if values.get("mix.exchange", True):
        return dict(values)
    return {name: value for name, value in values.items() if name not in OF_EXCHANGE}


def jobs_of(search: SearchSettings) -> list[list[Job]]:
    """Return the phases: whole trainings, their stage 1 with few visits, whole with few visits."""
    recipes = list(enumerate(drawn_recipes(search)))
    whole = [job(search, number, values, WHOLE, SEEDS) for number, values in recipes]
    whole.insert(1, job(search, 0, {}, WHOLE, SEEDS, control=True))
    stage_one = []
    cheap = []
    for number, values in recipes:
        stage_one.append(job(search, number, values, CHEAP, SEEDS, target="pretrain"))
        cheap.append(job(search, number, values, CHEAP, CHEAP_SEEDS))
    return [whole, stage_one, cheap]


def job(
    search: SearchSettings,
    number: int,
    values: dict[str, Any],
    visits: int,
    seeds: Sequence[int],
    target: str = "score",
    control: bool = False,
) -> Job:
    """Return the job of one recipe."""
    overrides = [*start_of(search), *overrides_of(search, values)]
    label = f"exhaustive-r{number:02}"
    if control:
        overrides.append("+control=random")
        label += "-control"
    label += f"-{visits}v-s{seeds[0]}-{seeds[-1]}"
    if target != "score":
        label += f"-{target}"
    trial = make_trial(label, overrides, seeds, visits, target)
    return Job(number, values, visits, control, trial)


def answer_rows(job: Job, outcome: Outcome) -> pa.Table:
    """Return the rows of one trial that was scored."""
    items = outcome.items()
    parts = []
    for half in ("seen", "unseen"):
        of_half = items_of_half(items, half)
        for benchmark, protocol in PROTOCOLS.items():
            names = of_half["benchmark"].to_pylist()
            rows = of_half.filter(pa.array([name == benchmark for name in names], pa.bool_()))
            count = rows.num_rows
            columns = {
                "recipe": [job.recipe] * count,
                "settings": [json.dumps(job.values, sort_keys=True)] * count,
                "control": [job.control] * count,
                "visits": [job.visits] * count,
                "seed": rows["seed"].to_pylist(),
                "samples": [int(outcome.score()["samples"])] * count,
                "benchmark": [benchmark] * count,
                "half": [half] * count,
                "picture": rows["picture"].to_pylist(),
                "item": rows["item"].to_pylist(),
                "score": rows[protocol].to_pylist(),
            }
            parts.append(pa.table(columns, schema=ANSWERS))
    return pa.concat_tables(parts)


def cost_rows(job: Job, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Yield a row a stage that has a record, and one for the trial's own process."""
    of_job = {"recipe": job.recipe, "control": job.control, "visits": job.visits}
    of_job["target"] = job.trial.target
    yield of_job | {"stage": "trial", "seed": None, "cpu_seconds": outcome.cpu_seconds}
    if outcome.failure:
        return
    lock = lock_in(outcome.read(LOCK), f"{LOCK} of {job.trial.name}")
    for name, record in stage_costs(lock).items():
        stage, _, item = name.partition("@")
        if record is None:
            continue
        # pretrain@0, predict@0-mmbench; stats@RULE and the like serve all seeds
        seed, _, asked = item.partition("-")
        of_stage: dict[str, Any] = {"stage": name}
        if seed.isdigit():
            of_stage = {"stage": f"{stage} {asked}".strip(), "seed": int(seed)}
        yield of_job | of_stage | {"cpu_seconds": float(record.get("cpu_seconds") or 0.0)}


def write_tables(jobs: Sequence[Job], folder: Path) -> str:
    """Write the tables of all jobs that are done, and return in words which are."""
    answers = [ANSWERS.empty_table()]
    costs = []
    names = []
    failed = 0
    for one in jobs:
        outcome = known_outcome(one.trial)
        if outcome is None:
            continue
        costs += list(cost_rows(one, outcome))
        failed += bool(outcome.failure)
        if outcome.failure:
            continue
        if one.trial.target == "score":
            answers.append(answer_rows(one, outcome))
        # of a recipe scored twice `fidelity` would not know which is the full score
        if not one.control and (one.visits == WHOLE or one.trial.target == "pretrain"):
            names.append(one.trial.name)
    order = ["recipe", "control", "visits", "seed", "benchmark", "half", "picture", "item"]
    write_table(folder / "answers.parquet", in_order(pa.concat_tables(answers), order))
    order = ["recipe", "control", "visits", "target", "stage", "seed"]
    table = in_order(pa.Table.from_pylist(costs, schema=COSTS), order)
    write_table(folder / "costs.parquet", table)
    with complete_or_absent(folder / "experiments.txt") as temporary:
        temporary.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    done = sum(part.num_rows > 0 for part in answers)
    return f"{folder}: answers of {done} trials, {failed} failed"


def in_order(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return the rows sorted by these columns, nulls last."""
    values = []
    for name in columns:
        column = table[name].to_pylist()
        values.append([(value is None, 0 if value is None else value) for value in column])
    keys = list(zip(*values, strict=True))
    return table.take(pa.array(sorted(range(len(keys)), key=keys.__getitem__), pa.int64()))


class Progress:
    """A line on standard error for each trial that ends; none for those that had ended before."""

    def __init__(self, jobs: Sequence[Job]):
        known = [known_outcome(one.trial) for one in jobs]
        self.before = {outcome.trial.name for outcome in known if outcome}
        self.left = known.count(None)
        self.ended = 0
        self.began = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        """Tell of one that ended."""
        if outcome.trial.name in self.before:
            return
        self.ended += 1
        minutes = (time.monotonic() - self.began) / 60
        what = outcome.failure or outcome.trial.target
        if not outcome.failure and outcome.trial.target == "score":
            what = f"MMBench {outcome.score()['mmbench']:.2f}"
        place = f"{self.ended} (of {self.left}), {minutes:.0f} min"
        line = f"{place}: {outcome.trial.name}: {what}, {outcome.cpu_seconds:.0f} CPU s"
        print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Train all, or write the tables of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--workers", type=int, default=2, help="trials at once; default 2")
    parser.add_argument("--stored", action="store_true", help="write the tables, train nothing")
    arguments = parser.parse_args()
    phases = jobs_of(search := read_search(SEARCH))
    jobs = list(itertools.chain.from_iterable(phases))
    if not arguments.stored:
        shared = make_trial("exhaustive-shared", start_of(search), SEEDS, WHOLE, "mix")
        progress = Progress(jobs)
        run_trials([shared], when_ended=progress)
        for phase in phases:
            trials = [one.trial for one in phase]
            run_trials(trials, arguments.workers, progress, shared)
            # what is done is of use, whatever becomes of the rest
            print(write_tables(jobs, arguments.to), file=sys.stderr, flush=True)
    print(write_tables(jobs, arguments.to))


if __name__ == "__main__":
    run_step(main)
