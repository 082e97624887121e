"""Does the search fool itself, and does it find the best recipe? Replays that train nothing.

    PYTHONPATH=src python benchmarks/search/replay.py regret
    # 20 searches among 24 recipes that were trained, at a tenth of the exhaustive cost
    PYTHONPATH=src python benchmarks/search/replay.py false
    # 200 searches among 24 names of one recipe: how often is a winner claimed?
    PYTHONPATH=src python benchmarks/search/replay.py regret --items results/items.parquet
    # among 24 recipes whose answers are drawn; `false` as well

`--stored` is a folder of `exhaustive.py` and `stage_one_table.py`, by default `nano_24` beside this
file. Of it nothing is drawn but which stored seeds are the search's, and the order of recipes.

`--items` holds the answers of a run with several seeds. From it are taken how hard each MMBench
question is, how much trainings differ and how much a single answer does (a crossed probit model);
the recipes' own effects, `--spread` points wide (standard deviation), are drawn, and a cheap
measure of stage 1 that correlates with them by `--fidelity` and costs `--cheap` of a training.

Exhaustive is 24 recipes x 5 seeds. The search may choose for a tenth of it (`--budget`); what
confirming takes stands beside.
"""

from __future__ import annotations

import argparse
import dataclasses
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from drawn_scores import DrawnScores, model_of
from scipy import stats
from stored_scores import (
    CHEAP,
    EXHAUSTIVE_SEEDS,
    WHOLE,
    AlikeScores,
    Stored,
    StoredScores,
    read_stored,
)

from bettersynth.data.tables.items import completed
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.experiments.search.candidates import Candidate, Measured
from bettersynth.experiments.search.procedure import ARMS, Finding, Search
from bettersynth.experiments.studies.measures import require_measures
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.search import BudgetSettings, RungSettings, SearchSettings

RECIPES = 24
RACE_SEEDS, FRESH_SEEDS = 2, 3
STORED = Path(__file__).with_name("nano_24")
# what the first rung of conf/search/nano.yaml asks
MEASURE = "options_probability"


class ListedRecipes:
    """Proposes these recipes in a drawn order, and learns nothing."""

    def __init__(self, numbers: Sequence[int], draw: int):
        rng = np.random.default_rng([draw, zlib.crc32(b"order")])
        ordered = [int(number) for number in rng.permutation(numbers)]
        self.left = [Candidate(number, {"recipe": number}) for number in ordered]

    def propose(self, count: int) -> list[Candidate]:
        """Return the next ones."""
        new, self.left = self.left[:count], self.left[count:]
        return new

    def learn(self, measured: Sequence[Measured]) -> None:
        """Nothing follows."""


def search_settings(arguments: argparse.Namespace, candidates: int) -> SearchSettings:
    """Return the search of the command line."""
    ladder = [RungSettings(visits=WHOLE, seeds=1, keep=arguments.keep)]
    if arguments.measure != "none":
        measure = None if arguments.measure == "mmbench" else arguments.measure
        first = RungSettings(visits=CHEAP, seeds=1, keep=arguments.keep, measure=measure)
        ladder.insert(0, first)
    return SearchSettings(
        experiment=None,
        vary={},
        objectives=["mmbench"],
        budget=BudgetSettings(cpu_seconds=1.0),
        candidates=candidates,
        batch=4,
        ladder=ladder,
        race_seeds=RACE_SEEDS,
        fresh_seeds=FRESH_SEEDS,
        seed=0,
        evidence=arguments.evidence,
    )


@dataclasses.dataclass(frozen=True)
class Replay:
    """One search: its finding, regret in points, that of who knows all seeds' seen half, and the
    trainings that choosing and confirming took.
    """

    finding: Finding
    regret: float
    exhaustive_regret: float
    choosing: float
    confirming: float


def drawn_replay(arguments: argparse.Namespace, draw: int) -> Replay:
    """Return one search among recipes that are drawn; all alike for `false`."""
    items = completed(pq.read_table(arguments.items))
    questions, seed_spread, noise = model_of(picture_scores(items, "mmbench", "likelihood"))
    spread = 0.0 if arguments.what == "false" else arguments.spread
    rng = np.random.default_rng([draw, zlib.crc32(b"recipes")])
    whole = rng.standard_normal(RECIPES)
    # the recipe that the search starts from is a middling one
    whole[0] = 0.0
    fidelity = arguments.fidelity if spread else 0.0
    cheap = fidelity * whole + np.sqrt(1 - fidelity**2) * rng.standard_normal(RECIPES)
    slope = float(np.mean(stats.norm.pdf(questions / noise)) / noise)
    effects = whole * spread / 100 / slope
    budget = arguments.budget or RECIPES * EXHAUSTIVE_SEEDS / 10
    trainings = budget + ARMS * FRESH_SEEDS
    evaluator = DrawnScores(
        questions,
        seed_spread,
        noise,
        effects,
        cheap,
        trainings,
        arguments.cheap,
        RACE_SEEDS,
        draw,
    )
    others = list(range(1, RECIPES))
    settings = search_settings(arguments, len(others))
    finding = Search(settings, ListedRecipes(others, draw), evaluator).run()
    # a recipe's true score: the chance of a right answer over all trainings
    width = np.hypot(seed_spread, noise)
    truths = [100 * stats.norm.cdf((e + questions) / width).mean() for e in effects]
    seeds = tuple(range(EXHAUSTIVE_SEEDS))
    seen = [evaluator.seen_score(number, seeds) for number in range(RECIPES)]
    return Replay(
        finding,
        float(max(truths) - truths[finding.winner.number]),
        float(max(truths) - truths[int(np.argmax(seen))]),
        evaluator.cost(False),
        evaluator.cost(True),
    )


def stored_replay(arguments: argparse.Namespace, draw: int, stored: Stored) -> Replay:
    """Return one search among the recipes that were trained; under other names for `false`."""
    numbers = stored.recipes
    exhaustive = exhaustive_trainings(stored)
    trainings = (arguments.budget or exhaustive / 10) + ARMS * FRESH_SEEDS
    kind = AlikeScores if arguments.what == "false" else StoredScores
    evaluator = kind(stored, trainings, RACE_SEEDS, draw)
    others = [number for number in numbers if number]
    settings = search_settings(arguments, len(others))
    finding = Search(settings, ListedRecipes(others, draw), evaluator).run()
    unseen = {number: stored.score(number, "unseen") for number in numbers}
    seen = {number: stored.score(number, "seen") for number in numbers}
    best = max(unseen.values())
    return Replay(
        finding,
        best - unseen[finding.winner.number],
        best - unseen[max(seen, key=seen.__getitem__)],
        evaluator.cost(False),
        evaluator.cost(True),
    )


def exhaustive_trainings(stored: Stored) -> float:
    """Return what all recipes on all seeds took, in trainings: what a recipe takes before too."""
    seconds = stored.recipe + EXHAUSTIVE_SEEDS * stored.costs[WHOLE, None]
    return len(stored.recipes) * seconds / stored.costs[WHOLE, None]


def main() -> None:
    """Print what the replays show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["false", "regret"])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--items", type=Path, help="answers to draw from")
    source.add_argument("--stored", type=Path, default=STORED, help="default: nano_24")
    parser.add_argument("--replays", type=int)
    parser.add_argument("--spread", type=float, default=3.0, help="between recipes, in points")
    parser.add_argument("--fidelity", type=float, default=0.85, help="correlation at few visits")
    parser.add_argument("--cheap", type=float, default=0.3, help="cost of a cheap training")
    parser.add_argument("--budget", type=float, help="for choosing; default a tenth of exhaustive")
    parser.add_argument(
        "--measure", default=MEASURE, help=f"or mmbench, or none; default {MEASURE}"
    )
    parser.add_argument("--keep", type=int, default=3, help="that the first rung keeps")
    parser.add_argument("--evidence", choices=["own", "together"], default="together")
    arguments = parser.parse_args()
    if arguments.items and arguments.measure == "mmbench":
        parser.error("--measure mmbench needs --stored: answers are drawn for all visits alike")
    if arguments.measure not in ("mmbench", "none"):
        require_measures([arguments.measure], "--measure")
    stored = None if arguments.items else read_stored(arguments.stored)
    count = arguments.replays or (200 if arguments.what == "false" else 20)
    replays = []
    for draw in range(count):
        if stored is None:
            replays.append(drawn_replay(arguments, draw))
        else:
            replays.append(stored_replay(arguments, draw, stored))
    exhaustive = exhaustive_trainings(stored) if stored else float(RECIPES * EXHAUSTIVE_SEEDS)
    print(said(replays, exhaustive, arguments.what))


def said(replays: Sequence[Replay], exhaustive: float, what: str) -> str:
    """Return what the replays show, in lines."""
    count = len(replays)
    choosing = float(np.mean([one.choosing for one in replays]))
    confirming = float(np.mean([one.confirming for one in replays]))
    lines = [
        f"{count} replays: choosing took {choosing:.1f} of {exhaustive:.0f} trainings "
        f"({100 * choosing / exhaustive:.1f} %), confirming {confirming:.1f}"
    ]
    claims = 0
    optimism = []
    for one in replays:
        verdict = one.finding.verdict
        contests = verdict.contests if verdict else []
        claims += any(one.is_told for one in contests if one.opponent == "baseline")
        if verdict and one.finding.winner.number:
            optimism.append(100 * (verdict.seen_gain - verdict.unseen_gain))
    lines.append(f"a difference from the baseline claimed: {claims} of {count}")
    if optimism:
        lines.append(f"the search saw its winner's gain {np.mean(optimism):+.2f} points too high")
    if what == "regret":
        for name, regrets in (
            ("regret", [one.regret for one in replays]),
            (
                "of who trains all, and goes by the seen half",
                [r.exhaustive_regret for r in replays],
            ),
        ):
            within = sum(regret <= 1 for regret in regrets)
            mean = float(np.mean(regrets))
            lines.append(f"{name}: mean {mean:.2f}, at most 1 point in {within} of {count}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_step(main)
