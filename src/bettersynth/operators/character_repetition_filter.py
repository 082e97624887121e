"""Keep samples whose text repeats runs of characters to a degree in a range."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("text",)
STATS = ("char_rep_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`rep_len` is the length of a run."""

    # a run of none is in every text
    BOUNDS: ClassVar = {"rep_len": (1, 1_000_000)}

    rep_len: int = 10  # characters in a run


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.0
    max_ratio: float = 0.5


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `char_rep_ratio` in [0, 1] of each text."""
    shares = [repetition(text, settings.rep_len) for text in batch.texts]
    return {"char_rep_ratio": shares}


def repetition(text: str, length: int) -> float:
    """Return the share of runs of `length` characters that are among the most frequent ones.

    Counted are the runs that occur twice or more, but at most as many as the root of the number
    of different runs; a shorter text has 0.
    """
    starts = range(len(text) - length + 1)
    runs = [text[start : start + length] for start in starts]
    different = len(set(runs))
    if different == len(runs):
        return 0.0
    counts = sorted(Counter(runs).values(), reverse=True)
    repeated = sum(count > 1 for count in counts)
    # Data-Juicer's rule: a long text has many runs, of which only the most frequent are judged
    top = min(math.isqrt(different), repeated)
    return sum(counts[:top]) / len(runs)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["char_rep_ratio"], settings.min_ratio, settings.max_ratio, settings)
