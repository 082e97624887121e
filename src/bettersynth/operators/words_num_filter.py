"""Keep samples whose text has a number of words in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.special_characters import count_words, words_of
from bettersynth.measuring.text.word_pieces import split_pieces

VERSION = 1
READS = ("text",)
STATS = ("num_words",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`lang` names the language of the text; words are split alike in all.

    `tokenization` takes SentencePiece pieces of `tokenizer`.
    """

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_num` to `max_num`."""

    min_num: float = 10
    max_num: float = math.inf


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `num_words`: words of the whole text, special characters off their ends."""
    if not settings.tokenization:
        # all texts at once: the same counts, sooner
        return {"num_words": count_words(batch.texts)}
    split = split_pieces(settings.tokenizer)
    counts = [len(words_of(text, split=split)) for text in batch.texts]
    return {"num_words": counts}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["num_words"], settings.min_num, settings.max_num, settings)
