"""Keep samples whose text has lines of maximum length in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("text",)
STATS = ("max_line_length",)
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
    """Return `max_line_length`: characters of the longest line; 0 for an empty text.

    Lines end where `str.splitlines` says.
    """
    longest = []
    for text in batch.texts:
        longest.append(max(map(len, text.splitlines()), default=0))
    return {"max_line_length": longest}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["max_line_length"], settings.min_len, settings.max_len, settings)
