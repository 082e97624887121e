"""The interval of an area under a ROC curve."""

from __future__ import annotations

import math

from scipy import optimize, stats

from bettersynth.evaluation.statistics.intervals import LEVEL

# of an area of 0 or 1 itself the variance is 0, which would be a root too
NEAR_END = 1e-9


def area_interval(area: float, faulty: int, good: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends of the interval of `area`, in [0, 1], over so many faulty and good samples.

    An end is the true area from which the seen one lies just as far as chance allows, so that an
    area of 1 has an interval too. NaN where one of the two kinds is missing.

    Source: Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 143
    (1982), for the variance; Newcombe, Statistics in Medicine 25 (2006), for solving it.
    """
    if math.isnan(area) or not faulty or not good:
        return math.nan, math.nan
    reach = float(stats.norm.ppf((1 + level) / 2))
    low = _lower_end(area, faulty, good, reach)
    return low, 1 - _lower_end(1 - area, good, faulty, reach)


def _lower_end(area: float, faulty: int, good: int, reach: float) -> float:
    if area <= NEAR_END:
        return 0.0

    def beyond(true_area: float) -> float:
        return area - true_area - reach * _deviation(true_area, faulty, good)

    return float(optimize.brentq(beyond, 0.0, area - NEAR_END))


def _deviation(area: float, faulty: int, good: int) -> float:
    """Return the standard deviation of the area that so many samples show."""
    # the chance that two faulty samples lie above one good one, and one above two
    two_above = area / (2 - area)
    above_two = 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (faulty - 1) * (two_above - area**2) + (good - 1) * (above_two - area**2)
    return math.sqrt(max(0.0, variance) / (faulty * good))
