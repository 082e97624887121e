"""Keep samples whose text has a share of stop words in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.word_lists import WordSettings, listed_shares
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text",)
STATS = ("stopwords_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring(WordSettings):
    """`stopwords_dir` holds the lists as json."""

    stopwords_dir: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.3
    max_ratio: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.stopwords_dir)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `stopwords_ratio` in [0, 1] of each text."""
    return {
        "stopwords_ratio": listed_shares(batch.texts, settings.stopwords_dir, "stopwords", settings)
    }


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["stopwords_ratio"], settings.min_ratio, settings.max_ratio, settings)
