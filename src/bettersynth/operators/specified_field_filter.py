"""Keep samples whose value of a field is among given ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.field_values import field_column
from bettersynth.measuring.protocols import Values

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

    field_key: str = ""  # dot path, such as meta.language
    compat: Literal["", "data_juicer"] = ""


@dataclass(frozen=True)
class Deciding:
    """Samples whose field is one of `target_value` stay, with `reversed_range` the others."""

    target_value: tuple[Any, ...] = ()
    reversed_range: bool = False


def fields_read(settings: Measuring) -> list[str]:
    """Return the dot path of the field, if one is named."""
    return [settings.field_key] if settings.field_key else []


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return the field's values under its path; nothing without a path."""
    if not settings.field_key:
        return {}
    return {settings.field_key: field_column(batch.rows, settings.field_key, settings.compat)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whether the value, or every value of a list, is a target.

    Without field or targets everything is kept.
    """
    column = next(iter(values.values()), [])
    if not settings.target_value:
        return np.ones(len(column), dtype=bool)
    flags = np.empty(len(column), dtype=bool)
    for position, value in enumerate(column):
        items = value if isinstance(value, list) else [value]
        flags[position] = all(item in settings.target_value for item in items)
    return flags != settings.reversed_range
