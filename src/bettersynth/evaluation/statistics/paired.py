"""Tests between two experiments that answered the same items: paired bootstrap, McNemar, Holm over
many comparisons.

Where questions share pictures, `paired_bootstrap` takes pictures as its items
(`statistics/pictures.py`).
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Sequence

import numpy as np
from scipy import signal, stats

from bettersynth.evaluation.statistics.intervals import (
    DRAWS,
    LEVEL,
    borrowed_deviations,
    item_deviations,
)
from bettersynth.evaluation.statistics.variance import STRICTNESS, rest_square


@dataclasses.dataclass(frozen=True)
class PairedTest:
    """Second experiment minus first, with interval, and the p-value of "no difference"."""

    difference: float
    low: float
    high: float
    p: float


def paired_bootstrap(
    first: np.ndarray,
    second: np.ndarray,
    seed: int = 0,
    level: float = LEVEL,
    draws: int = DRAWS,
    spread_of: np.ndarray | None = None,
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
    if spread_of is not None and first.shape[0] == 1:
        mean = float((first.mean() + second.mean()) / 2)
        # two trainings vary, each by itself
        slope = math.sqrt(2) * mean * (1 - mean)
        deviations = deviations + slope * borrowed_deviations(spread_of, seed, draws)
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


def mcnemar(
    first: np.ndarray, second: np.ndarray, pictures: Sequence[str] | None = None
) -> tuple[int, int, float]:
    """Return (right only in first, right only in second, exact two-sided p).

    `first` and `second` are bool `[items]` of two trained models, `pictures [items]` what items
    share. The question is about these two; it knows nothing of what another training seed would
    give. If they are alike, each picture's difference is as likely the other way round: with one
    question a picture this is McNemar's test.
    """
    # items that both get right, or both wrong, say nothing of the difference
    change = second.astype(int) - first.astype(int)
    only_first = int(np.sum(change < 0))
    only_second = int(np.sum(change > 0))
    if pictures is not None:
        _, groups = np.unique(np.asarray(pictures), return_inverse=True)
        change = np.bincount(groups, change).astype(int)
    return only_first, only_second, _sign_flip_p(change)


def _sign_flip_p(change: np.ndarray) -> float:
    """Return the exact two-sided p of the sum of `change [pictures]` under random signs."""
    size = int(np.abs(change).sum())
    # chance[size + sum]: of each sum that signs can give, from -size to size
    chance = np.zeros(2 * size + 1)
    chance[size] = 1.0
    steps, counts = np.unique(np.abs(change[change != 0]), return_counts=True)
    for step, count in zip(steps.tolist(), counts.tolist(), strict=True):
        # `count` random signs make a binomial; each one that turns moves the sum by 2 steps
        spread = np.zeros(2 * step * count + 1)
        spread[:: 2 * step] = stats.binom.pmf(np.arange(count + 1), count, 0.5)
        chance = signal.convolve(chance, spread, mode="same")
    sums = np.abs(np.arange(-size, size + 1))
    # by the Fourier transform the chances err by 1e-16 of the largest
    return float(min(1.0, chance[sums >= abs(int(change.sum()))].sum()))


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
