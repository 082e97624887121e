"""Does the search fool itself, and does it find the best recipe? Replays that train nothing.

    PYTHONPATH=src python benchmarks/search/replay.py false --items results/items.parquet
    # 200 searches among 24 names of one recipe: how often is a winner claimed?
    PYTHONPATH=src python benchmarks/search/replay.py regret --items results/items.parquet
    # 20 searches among 24 recipes that differ, at a tenth of the exhaustive cost

`--items` holds the answers of a run with several seeds. From it are taken how hard each MMBench
question is, how much trainings differ and how much a single answer does (a crossed probit model);
the recipes' own effects, `--spread` points wide (standard deviation), are drawn. Exhaustive is 24
recipes x 5 seeds. A training with few visits costs `--cheap` of a whole one, and its recipes' true
scores correlate by `--fidelity` with those of whole ones.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy import stats

from bettersynth.data.tables.items import completed
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.evaluation.statistics.variance import variance_components
from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.procedure import Finding, Search
from bettersynth.settings.search import BudgetSettings, RungSettings, SearchSettings

RECIPES = 24
EXHAUSTIVE_SEEDS = 5
WHOLE, CHEAP = 9000, 3000


class DrawnScores:
    """An evaluator of drawn answers: right where recipe + seed + question + noise is above 0.

    `effects` `[visits][recipe]` and all spreads are in probits; a recipe's answers are the same
    whenever they are asked for.
    """

    def __init__(
        self,
        questions: np.ndarray,
        seed_spread: float,
        noise: float,
        effects: dict[int, np.ndarray],
        whole_trainings: float,
        cheap_cost: float,
        draw: int,
    ):
        self.questions = questions
        self.seed_spread = seed_spread
        self.noise = noise
        self.effects = effects
        self.whole_trainings = whole_trainings
        self.costs = {WHOLE: 1.0, CHEAP: cheap_cost}
        self.draw = draw
        self.trained: set[tuple[int, int, int, bool]] = set()
        order = self._rng("halves").permutation(len(questions))
        self.halves = order[: len(order) // 2], order[len(order) // 2 :]

    def _rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.draw, zlib.crc32(name.encode())])

    def prepare(self, asked: Asked) -> None:
        """Nothing is shared here."""

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        """Return drawn answers."""
        measured = []
        for one in asked:
            rows = []
            for seed in one.seeds:
                number = one.candidate.number
                self.trained.add((number, one.visits, seed, one.control))
                rows.append(self._answers(number, one.visits, seed, one.control))
            scores = np.stack(rows)
            seen, unseen = (scores[:, half] for half in self.halves)
            measured.append(Measured(one, (100 * float(seen.mean()),), seen, unseen))
        return measured

    def _answers(self, number: int, visits: int, seed: int, control: bool) -> np.ndarray:
        rng = self._rng(f"{number} {visits} {seed} {control}")
        # the control is drawn as a recipe of its own, as good as the middle one
        effect = 0.0 if control else self.effects[visits][number]
        training = self.seed_spread * rng.standard_normal()
        noise = self.noise * rng.standard_normal(len(self.questions))
        return (effect + training + self.questions + noise > 0).astype(float)

    def spent(self) -> float:
        """Return the share of the budget that the trainings took."""
        return sum(self.costs[visits] for _, visits, _, _ in self.trained) / self.whole_trainings


class ListedRecipes:
    """Proposes recipes 1 to 24 in a drawn order, and learns nothing."""

    def __init__(self, draw: int):
        rng = np.random.default_rng([draw, zlib.crc32(b"order")])
        numbers = 1 + rng.permutation(RECIPES)
        self.left = [Candidate(int(number), {"recipe": int(number)}) for number in numbers]

    def propose(self, count: int) -> list[Candidate]:
        """Return the next ones."""
        new, self.left = self.left[:count], self.left[count:]
        return new

    def learn(self, measured: Sequence[Measured]) -> None:
        """Nothing follows."""


def model_of(scores: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return (question effects `[items]`, seed spread, noise) in probits, from `scores [seeds,
    items]`.
    """
    parts = variance_components(scores)
    mean = float(scores.mean())
    # from shares of right answers to probits
    slope = float(stats.norm.pdf(stats.norm.ppf(mean)))
    seeds = scores.shape[0]
    # half an answer more of either kind: no question is beyond reach
    shares = (scores.sum(axis=0) + 0.5) / (seeds + 1)
    questions = stats.norm.ppf(shares)
    # such a question moves its answer by 1 standard deviation of the noise
    return questions, float(np.sqrt(parts.seed)) / slope, 1.0


def search_settings(whole_trainings: float) -> SearchSettings:
    """Return a search at a tenth of the exhaustive cost."""
    ladder = [
        RungSettings(visits=CHEAP, seeds=1, keep=3),
        RungSettings(visits=WHOLE, seeds=1, keep=2),
    ]
    return SearchSettings(
        experiment=None,
        vary={},
        objectives=["mmbench"],
        budget=BudgetSettings(cpu_seconds=whole_trainings),
        candidates=RECIPES,
        batch=4,
        ladder=ladder,
        race_seeds=2,
        fresh_seeds=3,
        seed=0,
    )


def replay(arguments: argparse.Namespace, draw: int, spread: float) -> tuple[Finding, float, float]:
    """Return the finding of one search, its regret in points, and what it cost in trainings."""
    items = completed(pq.read_table(arguments.items))
    questions, seed_spread, noise = model_of(picture_scores(items, "mmbench", "likelihood"))
    rng = np.random.default_rng([draw, zlib.crc32(b"recipes")])
    whole = rng.standard_normal(RECIPES + 1)
    other = rng.standard_normal(RECIPES + 1)
    fidelity = arguments.fidelity
    cheap = fidelity * whole + np.sqrt(1 - fidelity**2) * other
    slope = float(np.mean(stats.norm.pdf(questions / noise)) / noise)
    effects = {}
    for visits, drawn in ((WHOLE, whole), (CHEAP, cheap)):
        # the recipe that the search starts from is a middling one
        drawn[0] = 0.0
        effects[visits] = drawn * spread / 100 / slope
    evaluator = DrawnScores(
        questions, seed_spread, noise, effects, arguments.budget, arguments.cheap, draw
    )
    search = Search(search_settings(arguments.budget), ListedRecipes(draw), evaluator)
    finding = search.run()
    # a recipe's true score: the chance of a right answer over all trainings
    width = np.hypot(seed_spread, noise)
    truths = [100 * stats.norm.cdf((e + questions) / width).mean() for e in effects[WHOLE]]
    regret = max(truths) - truths[finding.winner.number]
    return finding, float(regret), evaluator.spent() * arguments.budget


def main() -> None:
    """Print what the replays show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["false", "regret"])
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--replays", type=int)
    parser.add_argument("--spread", type=float, default=3.0, help="between recipes, in points")
    parser.add_argument("--fidelity", type=float, default=0.85, help="correlation at few visits")
    parser.add_argument("--cheap", type=float, default=0.08, help="cost of a cheap training")
    parser.add_argument("--budget", type=float, default=12.0, help="whole trainings; default 12")
    arguments = parser.parse_args()
    is_false = arguments.what == "false"
    count = arguments.replays or (200 if is_false else 20)
    claims = 0
    regrets = []
    costs = []
    optimism = []
    for draw in range(count):
        finding, regret, cost = replay(arguments, draw, 0.0 if is_false else arguments.spread)
        contests = finding.verdict.contests if finding.verdict else []
        claims += any(one.is_told for one in contests if one.opponent == "baseline")
        regrets.append(regret)
        costs.append(cost)
        if finding.verdict and finding.winner.number:
            optimism.append(100 * (finding.verdict.seen_gain - finding.verdict.unseen_gain))
    exhaustive = RECIPES * EXHAUSTIVE_SEEDS
    print(f"{count} replays, {np.mean(costs):.1f} of {exhaustive} trainings a search")
    print(f"a difference from the baseline claimed: {claims} of {count}")
    if optimism:
        print(f"the search saw its winner's gain {np.mean(optimism):+.2f} points too high")
    if not is_false:
        within = sum(regret <= 1 for regret in regrets)
        print(f"regret: mean {np.mean(regrets):.2f}, at most 1 point in {within} of {count}")


if __name__ == "__main__":
    main()
