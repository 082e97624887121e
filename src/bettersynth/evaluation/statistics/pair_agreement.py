"""Whether a cheap measure puts pairs of recipes in the same order as the full score."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence

import numpy as np

from bettersynth.evaluation.statistics.intervals import LEVEL
from bettersynth.evaluation.statistics.rank_correlation import DRAWS


@dataclasses.dataclass(frozen=True)
class PairAgreement:
    """`right` of `pairs` are in the same order; `low` and `high` bound the share in [0, 1].

    A pair whose cheap measures are equal counts as half right.
    """

    right: float
    pairs: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of pairs that are right, in 0 to 1."""
        return self.right / self.pairs


def pair_agreement(
    full: Sequence[float],
    cheap: Sequence[float],
    told_apart: np.ndarray,
    seed: int = 0,
    draws: int = DRAWS,
) -> PairAgreement | None:
    """Return how two values a recipe agree over the pairs that the full scores tell apart.

    Larger is better in both. `told_apart` is bool `[recipes, recipes]`, symmetric: pairs outside of
    it are ties, and not asked about. The interval draws recipes with replacement, since pairs of
    one recipe are not independent. None where no pair is told apart.
    """
    counted = np.triu(told_apart, 1).astype(float)
    if not counted.any():
        return None
    by_full = np.sign(np.subtract.outer(full, full))
    by_cheap = np.sign(np.subtract.outer(cheap, cheap))
    right = counted * (1 + by_full * by_cheap) / 2
    rng = np.random.default_rng([seed, zlib.crc32(b"pair agreement")])
    recipes = len(full)
    # how often each recipe is drawn, [draws, recipes]
    times = rng.multinomial(recipes, np.full(recipes, 1 / recipes), size=draws).astype(float)
    drawn_pairs = np.einsum("di,ij,dj->d", times, counted, times)
    drawn_right = np.einsum("di,ij,dj->d", times, right, times)
    has_pairs = drawn_pairs > 0
    shares = drawn_right[has_pairs] / drawn_pairs[has_pairs]
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return PairAgreement(float(right.sum()), int(counted.sum()), float(low), float(high))
