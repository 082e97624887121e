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
# Data-Juicer writes no stat of it
EXPORTS_STATS = False


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding:
    """Samples with one of `suffixes` stay, with `reversed_range` the others."""

    suffixes: str | tuple[str, ...] | None = ()
    reversed_range: bool = False


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return each sample's field `__dj__suffix__`, "" where it has none.

    The sample brought it along, or it is the suffix of the file the sample was read from.
    """
    return {"__dj__suffix__": [row.get("__dj__suffix__", "") for row in batch.rows]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose suffix is wanted; no suffixes keep everything."""
    column = values["__dj__suffix__"]
    wanted = (settings.suffixes,) if isinstance(settings.suffixes, str) else settings.suffixes
    if not wanted:
        return np.ones(len(column), dtype=bool)
    flags = np.array([suffix in wanted for suffix in column], dtype=bool)
    return flags != settings.reversed_range
