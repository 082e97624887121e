"""Tests between two experiments that answered the same items: paired bootstrap, McNemar, Holm over
many comparisons.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Sequence

import numpy as np
from scipy import stats

from bettersynth.evaluation.statistics.intervals import DRAWS, LEVEL, item_deviations
from bettersynth.evaluation.statistics.variance import STRICTNESS, rest_square


@dataclasses.dataclass(frozen=True)
class PairedTest:
    """Second experiment minus first, with interval, and the p-value of "no difference"."""

    difference: float
    low: float
    high: float
    p: float


def paired_bootstrap(
    first: np.ndarray, second: np.ndarray, seed: int = 0, level: float = LEVEL, draws: int = DRAWS
) -> PairedTest:
    """Compare `first` and `second`, both `[seeds, items]` in the same order.

    The question is about the recipes: would another set of trainings and items of the same kind
    show the difference? p is two-sided, at least 2 x `STRICTNESS` / (draws + 1), and below 1 -
    `level` where the interval leaves 0 out. With one seed it is about these two trainings only.

    Raises:
        ValueError: the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(
            f"the experiments differ in seeds or items: {first.shape} and {second.shape}"
        )
    change = second.astype(float) - first
    if not change.any():
        return PairedTest(0.0, 0.0, 0.0, 1.0)
    difference = float(change.mean())
    deviations = difference_draws(change, seed, draws)
    # the interval is widened by what p is multiplied with: both tell the same
    outside = (1 - level) / STRICTNESS
    low, high = np.quantile(deviations, [outside / 2, 1 - outside / 2])
    shifted = difference + deviations
    below = int((shifted <= 0).sum())
    above = int((shifted >= 0).sum())
    tail = min(below, above)
    # + 1: no number of draws shows that p is 0
    p = STRICTNESS * 2 * (tail + 1) / (draws + 1)
    return PairedTest(difference, difference + float(low), difference + float(high), min(1.0, p))


def difference_draws(change: np.ndarray, seed: int = 0, draws: int = DRAWS) -> np.ndarray:
    """Return `draws` deviations of the mean of `change [seeds, items]` from its estimate.

    The spread between seeds holds the noise of single answers already: Student's t of the seeds'
    differences. The items add what they do alike in all seeds (an item may suit one recipe), by
    resampling; without that this is the t-test over seeds.
    """
    seeds = change.shape[0]
    by_item = change.mean(axis=0)
    rng = np.random.default_rng([seed, 0, zlib.crc32(b"items")])
    deviations = item_deviations(by_item, rng, draws)
    if seeds == 1:
        return deviations
    # share of the spread between items that all seeds have in common
    common = 0.0
    if change.shape[1] > 1:
        item_square = seeds * float(by_item.var(ddof=1))
        # 1e-300: items that are all alike have no spread to share
        common = max(0.0, 1 - rest_square(change) / max(item_square, 1e-300))
    spread = float(change.mean(axis=1).std(ddof=1))
    rng = np.random.default_rng([seed, zlib.crc32(b"seeds")])
    between_seeds = spread / math.sqrt(seeds) * rng.standard_t(seeds - 1, draws)
    return deviations * math.sqrt(common) + between_seeds


def mcnemar(first: np.ndarray, second: np.ndarray) -> tuple[int, int, float]:
    """Return (right only in first, right only in second, exact two-sided p).

    `first` and `second` are bool `[items]` of two trained models. The question is about these two;
    it knows nothing of what another training seed would give.
    """
    # items that both get right, or both wrong, say nothing of the difference
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(second & ~first))
    differing = only_first + only_second
    if differing == 0:
        return 0, 0, 1.0
    p = float(stats.binomtest(only_first, differing).pvalue)
    return only_first, only_second, p


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being a family (Holm's step-down), in the order given."""
    adjusted = [0.0] * len(p_values)
    # an adjusted p is never below that of a smaller p
    largest = 0.0
    by_size = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(by_size):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
