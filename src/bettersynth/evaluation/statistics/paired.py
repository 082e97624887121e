"""Tests between two experiments that answered the same items: paired bootstrap, McNemar, Holm over many comparisons."""

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
    """Second experiment minus first: difference with interval, and the p-value of "no difference"."""

    difference: float
    low: float
    high: float
    p: float


def paired_bootstrap(
    first: np.ndarray, second: np.ndarray, seed: int = 0, level: float = LEVEL, draws: int = DRAWS
) -> PairedTest:
    """Compare `first` and `second`, both `[seeds, items]`, over the same seeds and items in the same order.

    The question is about the recipes: would another set of trainings and items of the same kind show the difference?
    p is two-sided, at least 2 x `STRICTNESS` / (draws + 1), and below 1 - `level` where the interval leaves 0 out. With one seed it is
    about these two trainings only.

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
    outside = (1 - level) / STRICTNESS
    low, high = np.quantile(deviations, [outside / 2, 1 - outside / 2])
    tail = min(int((difference + deviations <= 0).sum()), int((difference + deviations >= 0).sum()))
    p = STRICTNESS * 2 * (tail + 1) / (draws + 1)
    return PairedTest(difference, difference + float(low), difference + float(high), min(1.0, p))


def difference_draws(change: np.ndarray, seed: int = 0, draws: int = DRAWS) -> np.ndarray:
    """Return `draws` deviations of the mean of `change [seeds, items]` from its estimate.

    The spread between seeds holds the noise of single answers already: Student's t of the seeds' differences. The items add
    what they do alike in all seeds (an item may suit one recipe), by resampling; without that this is the t-test over seeds.
    """
    seeds = change.shape[0]
    by_item = change.mean(axis=0)
    deviations = item_deviations(
        by_item, np.random.default_rng([seed, 0, zlib.crc32(b"items")]), draws
    )
    if seeds == 1:
        return deviations
    common = (
        max(0.0, 1 - rest_square(change) / max(seeds * float(by_item.var(ddof=1)), 1e-300))
        if change.shape[1] > 1
        else 0.0
    )
    spread = float(change.mean(axis=1).std(ddof=1))
    rng = np.random.default_rng([seed, zlib.crc32(b"seeds")])
    return deviations * math.sqrt(common) + spread / math.sqrt(seeds) * rng.standard_t(
        seeds - 1, draws
    )


def mcnemar(first: np.ndarray, second: np.ndarray) -> tuple[int, int, float]:
    """Return (right only in first, right only in second, exact two-sided p) for bool `[items]` of two trained models.

    The question is about these two models; it knows nothing of what another training seed would give.
    """
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(second & ~first))
    if only_first + only_second == 0:
        return 0, 0, 1.0
    return (
        only_first,
        only_second,
        float(stats.binomtest(only_first, only_first + only_second).pvalue),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being a family (Holm's step-down), in the order given."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
