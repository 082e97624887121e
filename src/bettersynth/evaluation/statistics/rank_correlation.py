"""Whether two scores put the same things in the same order, with an interval over the things."""

from __future__ import annotations

import dataclasses
import warnings
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from bettersynth.evaluation.statistics.intervals import LEVEL

# each draw ranks anew: a tenth of what the scores' intervals draw
DRAWS = 2000
# fewer than these have few orders: an interval over them would say nothing
FEWEST = 5
COEFFICIENTS: dict[str, Callable[..., Any]] = {
    "Spearman": stats.spearmanr,
    # tau-b, which counts ties
    "Kendall": stats.kendalltau,
}


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
    drawn = rng.integers(len(pairs), size=(draws, len(pairs)))
    correlations = []
    for name, coefficient in COEFFICIENTS.items():
        values = [_value(coefficient, pairs[rows]) for rows in drawn]
        low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        value = _value(coefficient, pairs)
        correlations.append(RankCorrelation(name, value, float(low), float(high), len(pairs)))
    return correlations


def _value(coefficient: Callable[..., Any], pairs: np.ndarray) -> float:
    """Return the coefficient of `[rows, 2]`; NaN where a draw took one row again and again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return float(coefficient(pairs[:, 0], pairs[:, 1]).statistic)
