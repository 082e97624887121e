"""Confidence intervals over training seeds and items together: a hierarchical bootstrap that stays
honest with few seeds.

Resampling three seeds as well would cover the truth in 84 to 89 % instead of 95 where seeds differ
much: three numbers cannot show their own spread. So items are resampled, and the seed level is
drawn from what so few seeds tell of their variance (scaled inverse chi-square, less what the items
explain). Measured by `benchmarks/interval_coverage.py`.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from bettersynth.evaluation.statistics.variance import rest_square

DRAWS = 4000
LEVEL = 0.95
CAUTION = 0.25
"""Least share of the item noise between seed means that is taken off as estimated, not scaled; it
grows to 1 where seeds differ by much more than that noise. Coverage is nearest to the level so.
"""
_DRAWS_AT_ONCE = 250


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean with the bounds of its confidence interval, in the unit of the scores."""

    mean: float
    low: float
    high: float


def bootstrap_draws(
    parts: Sequence[tuple[np.ndarray, float]], seed: int = 0, draws: int = DRAWS
) -> np.ndarray:
    """Return `draws` deviations of the sum over parts of weight x mean score from its estimate.

    A part is (`scores [seeds, items]`, weight); parts share the seeds (one training answers several
    benchmarks) and differ in items. With one seed only the items vary: such an interval knows
    nothing of the training's own variation.

    The variance between seed means, V, is drawn as f x V with f = (seeds - 1) / chi-square(seeds -
    1), less the noise that items alone put into V: a share of it as estimated (`CAUTION` where it
    explains all of V, up to 1), the rest scaled by f too.
    """
    seeds = parts[0][0].shape[0]
    if any(scores.shape[0] != seeds or scores.size == 0 for scores, _ in parts):
        raise ValueError("all parts must have the same seeds and at least one item")
    deviations = np.zeros(draws)
    for number, (scores, weight) in enumerate(parts):
        rng = np.random.default_rng([seed, number, zlib.crc32(b"items")])
        deviations += weight * item_deviations(scores.mean(axis=0), rng, draws)
    if seeds > 1:
        deviations += _seed_deviations(parts, seed, draws)
    return deviations


def _seed_deviations(
    parts: Sequence[tuple[np.ndarray, float]], seed: int, draws: int
) -> np.ndarray:
    """Return `[draws]` deviations that another set of training seeds would bring."""
    seeds = parts[0][0].shape[0]
    by_seed = sum(weight * scores.mean(axis=1) for scores, weight in parts)
    # items are drawn already: what they put between seed means must not be counted twice
    noise = sum(weight**2 * rest_square(scores) / scores.shape[1] for scores, weight in parts)
    rng = np.random.default_rng([seed, zlib.crc32(b"seeds")])
    # the variance of a normal sample is a scaled chi-square; turned around, what V may be
    factor = (seeds - 1) / rng.chisquare(seeds - 1, draws)
    between = float(np.var(by_seed, ddof=1))
    caution = 1.0
    if between > 0:
        caution = CAUTION + (1 - CAUTION) * math.sqrt(max(0.0, 1 - noise / between))
    variance = factor * between - noise * (caution + (1 - caution) * factor)
    # the estimate of a variance may come out below 0, where items explain more than there is
    return np.sqrt(np.maximum(0.0, variance) / seeds) * rng.standard_normal(draws)


def item_deviations(means: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Return the means of `draws` resamples of `means [items]`, less their mean.

    A resample is drawn as how often each distinct value comes up: the same distribution, and few
    values are distinct.
    """
    items = len(means)
    values, counts = np.unique(means - means.mean(), return_counts=True)
    chunks = []
    # `[draws, values]` at once may be gigabytes
    for done in range(0, draws, _DRAWS_AT_ONCE):
        size = min(_DRAWS_AT_ONCE, draws - done)
        chunks.append(rng.multinomial(items, counts / items, size=size) @ values)
    return np.concatenate(chunks) / items


def borrowed_deviations(spread_of: np.ndarray, seed: int = 0, draws: int = DRAWS) -> np.ndarray:
    """Return `[draws]` deviations of one training, as the seeds of `spread_of [seeds, items]` tell.

    They are on the logit scale, so that they can be carried to another score: multiply by its slope
    there, mean x (1 - mean).

    Raises:
        ValueError: fewer than two seeds, which show no spread.
    """
    seeds = spread_of.shape[0]
    if seeds < 2:
        raise ValueError("one seed shows no spread to borrow")
    mean = float(spread_of.mean())
    if mean in (0.0, 1.0):
        return np.zeros(draws)
    of_mean = _seed_deviations([(spread_of, 1.0)], seed, draws)
    return of_mean * math.sqrt(seeds) / (mean * (1 - mean))


def score_interval(
    scores: np.ndarray,
    seed: int = 0,
    level: float = LEVEL,
    draws: int = DRAWS,
    spread_of: np.ndarray | None = None,
) -> Interval:
    """Return the mean of `scores [seeds, items]` (each in [0, 1]) with its interval.

    It is made on the logit scale: near 0 and 1 the spread grows with the distance from them. Where
    every answer is wrong (or right) nothing varies; the exact bound of a binomial over the items is
    given then. One seed tells nothing of its training's variation; `spread_of`, the scores of an
    experiment with several seeds, lends it theirs.
    """
    mean = float(scores.mean())
    if mean in (0.0, 1.0):
        # Clopper and Pearson's bound where no item, or every one, was right
        miss = 1 - ((1 - level) / 2) ** (1 / scores.shape[1])
        return Interval(mean, max(0.0, mean - miss), min(1.0, mean + miss))
    deviations = bootstrap_draws([(scores, 1.0)], seed, draws)
    # a deviation on the scale of the scores, over the slope of the logit there
    slope = mean * (1 - mean)
    if spread_of is not None and scores.shape[0] == 1:
        deviations = deviations + slope * borrowed_deviations(spread_of, seed, draws)
    bounds = np.quantile(deviations, [(1 - level) / 2, (1 + level) / 2])
    low, high = [float(expit(logit(mean) + bound / slope)) for bound in bounds]
    return Interval(mean, low, high)


def combined_interval(
    parts: Sequence[tuple[np.ndarray, float]],
    seed: int = 0,
    level: float = LEVEL,
    draws: int = DRAWS,
) -> Interval:
    """Return the interval of the sum over parts of weight x mean score; see `bootstrap_draws`."""
    mean = float(sum(weight * scores.mean() for scores, weight in parts))
    deviations = bootstrap_draws(parts, seed, draws)
    low, high = np.quantile(deviations, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, mean + float(low), mean + float(high))
