"""A search among ten numbered recipes whose answers are drawn: recipe k gets 30 + 5 k percent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.settings.reading import read_settings
from bettersynth.settings.search import SearchSettings

ITEMS = 400
SETTINGS = {
    "experiment": "tiny",
    "vary": {"filter.threshold": {"low": 0.2, "high": 0.4}},
    "objectives": ["mmbench"],
    "budget": {"cpu_seconds": 100},
    "candidates": 8,
    "batch": 4,
    "ladder": [
        {"visits": 10, "seeds": 1, "keep": 3},
        {"visits": 20, "seeds": 1, "keep": 2},
    ],
    "race_seeds": 3,
    "fresh_seeds": 3,
    "seed": 0,
}


# the first rung asks stage 1 alone
CHEAP_LADDER = [
    {"visits": 10, "seeds": 1, "keep": 3, "measure": "picks_own_picture"},
    {"visits": 20, "seeds": 1, "keep": 2},
]


def small_settings(**changes) -> SearchSettings:
    return read_settings(SearchSettings, SETTINGS | changes, "conf/search/small.yaml")


class DrawnEvaluator:
    """A training of 20 visits takes a hundredth of the budget, a cheap measure a tenth of that;
    `failing` candidates fail.
    """

    def __init__(self, failing: Sequence[int] = (), share: float = 0.01):
        self.failing = failing
        self.share = share
        self.trained: set[tuple[int, int, int, bool]] = set()
        self.measured: set[tuple[int, int, int, str]] = set()

    def prepare(self, asked: Asked) -> None:
        """Drawn answers share nothing."""

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        return [self._measured(one) for one in asked]

    def _measured(self, one: Asked) -> Measured:
        number = one.candidate.number
        if number in self.failing:
            return Measured(one, failure="nothing is left")
        if one.measure is not None:
            self.measured |= {(number, one.visits, seed, one.measure) for seed in one.seeds}
            return Measured(one, (0.3 + 0.05 * number,))
        rows = []
        for seed in one.seeds:
            self.trained.add((number, one.visits, seed, one.control))
            rng = np.random.default_rng([number, one.visits, seed, one.control])
            chance = 0.3 if one.control else 0.3 + 0.05 * number
            rows.append(rng.random(ITEMS) < chance)
        scores = np.array(rows, dtype=float)
        seen, unseen = scores[:, : ITEMS // 2], scores[:, ITEMS // 2 :]
        return Measured(one, (100 * float(seen.mean()),), seen, unseen)

    def spent(self) -> float:
        trained = sum(visits / 20 for _, visits, _, _ in self.trained)
        return self.share * (trained + 0.1 * len(self.measured))


class NumberedRecipes:
    """Proposes 1 to 10, and remembers what it was told."""

    def __init__(self) -> None:
        self.left = [Candidate(number, {"recipe": number}) for number in range(1, 11)]
        self.told: list[Measured] = []

    def propose(self, count: int) -> list[Candidate]:
        new, self.left = self.left[:count], self.left[count:]
        return new

    def learn(self, measured: Sequence[Measured]) -> None:
        self.told += measured
