"""Keep samples that came from files with given suffixes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values

VERSION = 1
READS = ("fields",)
STATS = ("__dj__suffix__",)
CACHED = False
EXPORTS_STATS = False  # Data-Juicer writes no stat of it


@dataclass(frozen=True)
class Measuring:
    pass


@dataclass(frozen=True)
class Deciding:
    suffixes: str | tuple[str, ...] | None = ()
    reversed_range: bool = False


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return each sample's field `__dj__suffix__`: its own, or the suffix of the file it was read from."""
    return {"__dj__suffix__": [row.get("__dj__suffix__", "") for row in batch.rows]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """No suffixes keep everything."""
    found = values["__dj__suffix__"]
    wanted = (settings.suffixes,) if isinstance(settings.suffixes, str) else settings.suffixes
    if not wanted:
        return np.ones(len(found), dtype=bool)
    return np.array([suffix in wanted for suffix in found], dtype=bool) != settings.reversed_range
