"""Keep samples whose text repeats runs of words to a degree in a range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.special_characters import words_of
from bettersynth.measuring.text.word_pieces import split_pieces

VERSION = 1
READS = ("text",)
STATS = ("word_rep_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`rep_len` words make a run.

    `tokenization` takes SentencePiece pieces of `tokenizer` for words.
    """

    # a run of none is in every text
    BOUNDS: ClassVar = {"rep_len": (1, 1_000_000)}

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""
    rep_len: int = 10


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.0
    max_ratio: float = 0.5


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `word_rep_ratio` in [0, 1] of each text, by its lower-cased words."""
    split = split_pieces(settings.tokenizer) if settings.tokenization else None
    ratios = []
    for text in batch.texts:
        words = words_of(text, lower=True, split=split)
        ratios.append(repetition(words, settings.rep_len))
    return {"word_rep_ratio": ratios}


def repetition(words: Sequence[str], length: int) -> float:
    """Return the share of runs of `length` words that occur twice or more; 0 for fewer words."""
    starts = range(len(words) - length + 1)
    runs = [" ".join(words[start : start + length]) for start in starts]
    if len(set(runs)) == len(runs):
        return 0.0
    counts = Counter(runs).values()
    return sum(count for count in counts if count > 1) / len(runs)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["word_rep_ratio"], settings.min_ratio, settings.max_ratio, settings)
