"""Keep the samples with the largest (or smallest) values of a field."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bettersynth.measuring.field_values import as_number, ranked, smaller_size


@dataclass(frozen=True)
class Settings:
    """`top_ratio` of the samples and `topk` samples: the smaller of the two.

    `reverse: false` takes the smallest values.
    """

    field_key: str = ""
    top_ratio: float | None = None
    topk: int | None = None
    reverse: bool = True
    compat: Literal["", "data_juicer"] = ""


def field(settings: Settings) -> str:
    """Return the dot path of the field that is compared."""
    return settings.field_key


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions in sorted order, equal values by position.

    A list counts by its mean, missing values come last. All positions, in order, where no setting
    asks for fewer or there is one sample at most.
    """
    size = smaller_size(settings.top_ratio, settings.topk, len(values))
    if len(values) <= 1 or not settings.field_key or size is None:
        return list(range(len(values)))
    # Data-Juicer turns values into numbers for nested fields alone
    if "." in settings.field_key:
        last = -sys.maxsize if settings.reverse else sys.maxsize
        values = [as_number(value, last, settings.compat) for value in values]
    return ranked(values, settings.reverse, size)
