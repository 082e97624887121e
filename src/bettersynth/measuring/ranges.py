"""The range test that all filters share: closed or open ends, the complement, any or all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bettersynth.data.tables.value_columns import ItemLists


@dataclass(frozen=True)
class Ends:
    """Which ends of a range belong to what is kept.

    `reversed_range` keeps what lies outside, with the same meaning of the two flags.
    """

    min_closed_interval: bool = True
    max_closed_interval: bool = True
    reversed_range: bool = False


@dataclass(frozen=True)
class ImageEnds:
    """`Ends` for filters with one value an image or chunk.

    A sample is kept if any (or all) of its values are.
    """

    min_closed_interval: bool = True
    max_closed_interval: bool = True
    reversed_range: bool = False
    any_or_all: Literal["any", "all"] = "any"


def in_range(
    values: Sequence[float] | np.ndarray, low: float, high: float, ends: Ends | ImageEnds
) -> np.ndarray:
    """Return which values are kept, bool `[values]`.

    NaN is in no range, and so outside of it when reversed. Source: Data-Juicer negates both closed
    flags before it takes the complement, so a closed end stays among the kept ones.
    """
    array = np.asarray(values, dtype=np.float64)
    closed_low = ends.min_closed_interval != ends.reversed_range
    closed_high = ends.max_closed_interval != ends.reversed_range
    above = array >= low if closed_low else array > low
    below = array <= high if closed_high else array < high
    inside = above & below
    return ~inside if ends.reversed_range else inside


def flatten(lists: Sequence[Sequence[Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return all values, `[values]`, and the number of each sample's, int64 `[samples]`."""
    if isinstance(lists, ItemLists):
        return lists.items, lists.counts
    counts = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    values = np.fromiter(
        itertools.chain.from_iterable(lists), dtype=np.float64, count=int(counts.sum())
    )
    return values, counts


def any_or_all(flags: np.ndarray, counts: np.ndarray, mode: str) -> np.ndarray:
    """Return which samples are kept, bool `[samples]`, from `flags` of values, `[values]`.

    `counts`, `[samples]`, says how many values each has; a sample without values is kept.
    """
    if len(flags) == len(counts) and counts.all():
        # one value each, as nearly all samples have
        return flags
    true_before = np.concatenate([[0], np.cumsum(flags)])  # [values + 1]
    ends = np.cumsum(counts)
    true = true_before[ends] - true_before[ends - counts]  # [samples]
    accepted = true > 0 if mode == "any" else true == counts
    return (counts == 0) | accepted


def keep_images(
    lists: Sequence[Sequence[float]], low: float, high: float, settings: ImageEnds
) -> np.ndarray:
    """Return which samples have any (or all) of their values in the range, bool `[samples]`."""
    values, counts = flatten(lists)
    return any_or_all(in_range(values, low, high, settings), counts, settings.any_or_all)
