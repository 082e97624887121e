"""Keep samples whose text has a share of special characters in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.code_points import shares
from bettersynth.measuring.text.special_characters import special_characters

VERSION = 1
READS = ("text",)
STATS = ("special_char_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.0
    max_ratio: float = 0.25


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `special_char_ratio` in [0, 1], 0 for an empty text.

    It is the share of spaces, digits, punctuation, symbols and emoji among all characters.
    """
    return {"special_char_ratio": shares(batch.texts, special_characters().__contains__)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["special_char_ratio"], settings.min_ratio, settings.max_ratio, settings)
