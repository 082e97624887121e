"""Keep samples whose text has a number of characters in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("text",)
STATS = ("text_len",)
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
    """Return `text_len`: code points of the whole text, special tokens included."""
    return {"text_len": list(map(len, batch.texts))}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["text_len"], settings.min_len, settings.max_len, settings)
