"""Keep a number of samples drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bettersynth.measuring.field_values import smaller_size


@dataclass(frozen=True)
class Settings:
    """`select_ratio` of the samples and `select_num` samples: the smaller of the two.

    Data-Juicer's seed is always 42. `compat: data_juicer` repeats rows where more are asked for
    than there are, keeps all where a ratio comes to less than one row, and passes over a ratio
    of 0.
    """

    select_ratio: float | None = None
    select_num: int | None = None
    seed: int = 42
    compat: Literal["", "data_juicer"] = ""


def field(settings: Settings) -> str:
    """Return no field: rows are not looked at."""
    return ""


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions as drawn; all of them, in order, where no setting asks for fewer."""
    rows = len(values)
    if settings.compat == "data_juicer":
        return _data_juicers(rows, settings)
    sizes = []
    if settings.select_ratio is not None:
        sizes.append(int(settings.select_ratio * rows))
    if settings.select_num is not None:
        sizes.append(settings.select_num)
    if rows <= 1 or not sizes or min(sizes) >= rows:
        return list(range(rows))
    order = np.random.default_rng(settings.seed).permutation(rows)
    return order[: min(sizes)].tolist()


def _data_juicers(rows: int, settings: Settings) -> list[int]:
    size = smaller_size(settings.select_ratio, settings.select_num, rows)
    if rows <= 1 or not size or size == rows:
        return list(range(rows))
    order = np.random.default_rng(settings.seed).permutation(rows)
    # repeats the order where it is too short
    return np.resize(order, size).tolist()
