"""Keep samples whose number in a field is in a range."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.field_values import as_number, field_column
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("fields",)
# the field's own path is the stat key
STATS = ()
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`compat: data_juicer` reads a field that a sample lacks as null.

    Otherwise the sample is set aside.
    """

    field_key: str = ""  # dot path, such as meta.score
    compat: Literal["", "data_juicer"] = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The bounds are finite by default, so that "inf" is dropped.

    `compat: data_juicer` drops the number 0 as if it were none.
    """

    min_value: float = -sys.maxsize
    max_value: float = sys.maxsize
    compat: Literal["", "data_juicer"] = ""


def fields_read(settings: Measuring) -> list[str]:
    """Return the dot path of the field, if one is named."""
    return [settings.field_key] if settings.field_key else []


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return the field's values under its path; nothing without a path."""
    if not settings.field_key:
        return {}
    return {settings.field_key: field_column(batch.rows, settings.field_key, settings.compat)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: which ones have their number in the range.

    What is no number, or text that is none, is dropped whatever the range; NaN lies outside of
    every range. A list counts by the mean of its numbers, but `compat: data_juicer` drops it.
    """
    column = next(iter(values.values()), [])
    numbers = [_number(value, settings.compat) for value in column]
    filled = [number or 0.0 for number in numbers]
    flags = in_range(filled, settings.min_value, settings.max_value, settings)
    return flags & np.array([number is not None for number in numbers], dtype=bool)


def _number(value: Any, compat: str) -> float | None:
    if isinstance(value, list) and compat != "data_juicer":
        number = as_number(value, math.nan)
        return None if math.isnan(number) else number
    if value is None or value == "" or (compat == "data_juicer" and not value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
