"""Keep samples whose text has lines of average length in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("text",)
STATS = ("avg_line_length",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_len` to `max_len`."""

    min_len: float = 10
    max_len: float = math.inf


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `avg_line_length`: characters, line ends included, per line; 0 for an empty text.

    Lines end where `str.splitlines` says.
    """
    averages = []
    for text in batch.texts:
        # line ends count as characters, as in Data-Juicer
        averages.append(len(text) / len(text.splitlines()) if text else 0.0)
    return {"avg_line_length": averages}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["avg_line_length"], settings.min_len, settings.max_len, settings)
