"""Keep the first of the samples whose texts are equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.groups import first_of_equal
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.text_hash import text_hash

VERSION = 1
READS = ("text",)
STATS = ("__dj__hash",)
EQUAL_KEYS = True
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`ignore_non_character` leaves out white space, digits and ASCII punctuation."""

    lowercase: bool = False
    ignore_non_character: bool = False


@dataclass(frozen=True)
class Deciding:
    """Nothing can be set."""


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return the md5 of each stripped text, 32 hex digits."""
    hashes = []
    for text in batch.texts:
        hashes.append(text_hash(text, settings.lowercase, settings.ignore_non_character))
    return {"__dj__hash": hashes}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: which ones are the first with their hash."""
    return first_of_equal(values["__dj__hash"])
