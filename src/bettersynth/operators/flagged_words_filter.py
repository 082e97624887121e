"""Keep samples whose text has a share of flagged words in a range."""

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
STATS = ("flagged_words_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring(WordSettings):
    """`flagged_words_dir` holds the lists as json."""

    flagged_words_dir: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.0
    max_ratio: float = 0.045


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.flagged_words_dir)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `flagged_words_ratio` in [0, 1] of each text."""
    return {
        "flagged_words_ratio": listed_shares(
            batch.texts, settings.flagged_words_dir, "flagged_words", settings
        )
    }


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["flagged_words_ratio"], settings.min_ratio, settings.max_ratio, settings)
