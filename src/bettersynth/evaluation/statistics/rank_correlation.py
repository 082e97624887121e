"""Whether two scores put the same things in the same order, with an interval over the things."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from bettersynth.evaluation.statistics.intervals import LEVEL

# each draw ranks anew: a tenth of what the scores' intervals draw
DRAWS = 2000
# fewer than these have few orders: an interval over them would say nothing
FEWEST = 5


@dataclasses.dataclass(frozen=True)
class RankCorrelation:
    """One coefficient, in -1 to 1, and its interval at `LEVEL` over `rows` rows."""

    coefficient: str
    value: float
    low: float
    high: float
    rows: int

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def rank_correlations(
    first: Sequence[float], second: Sequence[float], seed: int = 0, draws: int = DRAWS
) -> list[RankCorrelation]:
    """Return Spearman's and Kendall's coefficient of two values a row, in the same order of rows.

    The interval is a percentile bootstrap that draws rows with replacement. None where there are
    fewer than `FEWEST` rows, or one of the two does not vary.
    """
    pairs = np.column_stack([first, second]).astype(float)  # [rows, 2]
    if len(pairs) < FEWEST or (pairs == pairs[0]).all(axis=0).any():
        return []
    rng = np.random.default_rng([seed, zlib.crc32(b"rank correlation")])
    drawn = pairs[rng.integers(len(pairs), size=(draws, len(pairs)))]  # [draws, rows, 2]
    correlations = []
    for name, coefficients in (("Spearman", spearman), ("Kendall", kendall)):
        values = coefficients(drawn[:, :, 0], drawn[:, :, 1])
        low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        value = float(coefficients(pairs[None, :, 0], pairs[None, :, 1])[0])
        correlations.append(RankCorrelation(name, value, float(low), float(high), len(pairs)))
    return correlations


def spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the coefficient of each draw of `[draws, rows]`; NaN where one of the two is constant.

    As `scipy.stats.spearmanr`, which takes one draw at a time.
    """
    first_ranks = rankdata(first, axis=1)
    second_ranks = rankdata(second, axis=1)
    first_ranks -= first_ranks.mean(axis=1, keepdims=True)
    second_ranks -= second_ranks.mean(axis=1, keepdims=True)
    together = (first_ranks * second_ranks).sum(axis=1)
    return _share(together, (first_ranks**2).sum(axis=1), (second_ranks**2).sum(axis=1))


def kendall(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return tau-b, which counts ties, of each draw of `[draws, rows]`; NaN as `spearman`.

    As `scipy.stats.kendalltau`, which takes one draw at a time.
    """
    # of all pairs of rows, [draws, rows, rows]
    first_order = np.sign(first[:, :, None] - first[:, None, :])
    second_order = np.sign(second[:, :, None] - second[:, None, :])
    axes = (1, 2)
    together = (first_order * second_order).sum(axis=axes)
    return _share(together, (first_order**2).sum(axis=axes), (second_order**2).sum(axis=axes))


def _share(together: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return together / np.sqrt(first * second)
