"""Keep the samples whose value of a field has a rank in a range."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bettersynth.measuring.field_values import rank_number, ranked


@dataclass(frozen=True)
class Settings:
    """Ranks count from the smallest value.

    Of a percentile (0 to 1) and a rank, the larger lower and the smaller upper bound hold.
    """

    field_key: str = ""
    lower_percentile: float | None = None
    upper_percentile: float | None = None
    lower_rank: int | None = None
    upper_rank: int | None = None
    compat: Literal["", "data_juicer"] = ""


def field(settings: Settings) -> str:
    """Return the dot path of the field that is compared."""
    return settings.field_key


def ranks_numbers(settings: Settings) -> bool:
    """Whether rows without a number are counted; Data-Juicer ranks them lowest without a word."""
    lower = settings.lower_percentile is not None or settings.lower_rank is not None
    upper = settings.upper_percentile is not None or settings.upper_rank is not None
    return bool(settings.field_key) and lower and upper and settings.compat != "data_juicer"


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions of ranks [lower, upper), largest value first, equals by position.

    All positions, in order, where a lower or an upper bound is missing or there is one sample at
    most.
    """
    rows = len(values)
    lower = bounds_of(settings.lower_percentile, settings.lower_rank, rows)
    upper = bounds_of(settings.upper_percentile, settings.upper_rank, rows)
    if rows <= 1 or not settings.field_key or not lower or not upper:
        return list(range(rows))
    # a missing value has the lowest rank
    numbers = [rank_number(value, -sys.maxsize, settings.compat) for value in values]
    first = max(0, *lower)
    last = max(first, min(rows, *upper))
    smallest = ranked(numbers, descending=False, size=last)
    # of the smallest `last`, the largest `last - first`: ranks [first, last)
    chosen = [numbers[position] for position in smallest]
    again = ranked(chosen, descending=True, size=last - first)
    return [smallest[place] for place in again]


def bounds_of(percentile: float | None, rank: int | None, rows: int) -> list[int]:
    """Return the ranks that are given, a percentile as that of `rows`."""
    bounds = []
    if percentile is not None:
        bounds.append(int(percentile * rows))
    if rank is not None:
        bounds.append(rank)
    return bounds
