"""An evaluator for replays whose answers are drawn by a crossed probit model of a stored run."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from scipy import stats

from bettersynth.evaluation.statistics.variance import variance_components
from bettersynth.experiments.search.candidates import Asked, Measured


class DrawnScores:
    """An evaluator of drawn answers: right where recipe + seed + question + noise is above 0.

    `effects` `[recipe]` and all spreads are in probits, `cheap` `[recipe]` is the cheap measure; a
    recipe's answers are the same whenever they are asked for. Seeds from `fresh` on confirm.
    """

    def __init__(
        self,
        questions: np.ndarray,
        seed_spread: float,
        noise: float,
        effects: np.ndarray,
        cheap: np.ndarray,
        trainings: float,
        cheap_cost: float,
        fresh: int,
        draw: int,
    ):
        self.questions = questions
        self.seed_spread = seed_spread
        self.noise = noise
        self.effects = effects
        self.cheap = cheap
        self.trainings = trainings
        self.cheap_cost = cheap_cost
        self.fresh = fresh
        self.draw = draw
        # candidate, is it the control, measure, seed
        self.trained: set[tuple[int, bool, str | None, int]] = set()
        order = self._rng("halves").permutation(len(questions))
        self.halves = order[: len(order) // 2], order[len(order) // 2 :]

    def _rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.draw, zlib.crc32(name.encode())])

    def prepare(self, asked: Asked) -> None:
        """Nothing is shared here."""

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        """Return drawn answers."""
        return [self._measured(one) for one in asked]

    def _measured(self, one: Asked) -> Measured:
        number = one.candidate.number
        self.trained |= {(number, one.control, one.measure, seed) for seed in one.seeds}
        if one.measure is not None:
            return Measured(one, (float(self.cheap[number]),))
        scores = np.stack([self._answers(number, seed, one.control) for seed in one.seeds])
        seen, unseen = (scores[:, half] for half in self.halves)
        return Measured(one, (100 * float(seen.mean()),), seen, unseen)

    def _answers(self, number: int, seed: int, control: bool) -> np.ndarray:
        rng = self._rng(f"{number} {seed} {control}")
        # the control is drawn as a recipe of its own, as good as the middle one
        effect = 0.0 if control else self.effects[number]
        training = self.seed_spread * rng.standard_normal()
        noise = self.noise * rng.standard_normal(len(self.questions))
        return (effect + training + self.questions + noise > 0).astype(float)

    def seen_score(self, number: int, seeds: Sequence[int]) -> float:
        """Return a recipe's mean over these seeds of the half that a search may see."""
        seen = self.halves[0]
        return float(np.mean([self._answers(number, seed, False)[seen].mean() for seed in seeds]))

    def cost(self, confirming: bool) -> float:
        """Return the trainings that choosing took, or confirming."""
        total = 0.0
        for _, control, measure, seed in self.trained:
            if (control or seed >= self.fresh) == confirming:
                total += 1.0 if measure is None else self.cheap_cost
        return total

    def spent(self) -> float:
        """Return the share of the budget that all of it took."""
        return (self.cost(False) + self.cost(True)) / self.trainings


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
