"""Bins of a stat's values, for the page to draw."""

from __future__ import annotations

import math

import numpy as np

BINS = 48
# quantiles: the end bins hold what lies beyond them
SHOWN_TAILS = (0.002, 0.998)
# of the axis: a bound that far beyond its ends is drawn still
NEAR = 0.5
# of more values the axis is that of an even part
EVEN_PART = 500_000


def bin_edges(values: np.ndarray, bound: float) -> np.ndarray:
    """Return the edges of bins over `values [values]` and a bound near them, `[bins + 1]`.

    Few whole numbers have a bin each, around the number.
    """
    if not len(values):
        return np.array([0.0, 1.0])
    values = values[:: 1 + len(values) // EVEN_PART]
    low, high = (float(end) for end in np.quantile(values, SHOWN_TAILS))
    reach = NEAR * (high - low)
    if math.isfinite(bound) and low - reach <= bound <= high + reach:
        low = min(low, bound)
        high = max(high, bound)
    whole = bool(np.all(values == np.round(values)))
    if whole and high - low <= BINS:
        return np.arange(math.floor(low) - 0.5, math.ceil(high) + 1)
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    return np.linspace(low, high, BINS + 1)


def counted(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how many `values [values]` lie in each bin, int64 `[bins]`; the end bins hold what
    lies beyond.
    """
    bins = len(edges) - 1
    # with bins of one width, values need not be sorted into them
    ends = (edges[0], edges[-1])
    counts, _ = np.histogram(np.clip(values, *ends), bins, ends)
    return counts
