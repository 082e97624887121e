"""Keep samples whose text a classifier of good and bad texts, as GPT-3's, takes for a good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.hashed_words import spark_words
from bettersynth.measuring.text.quality_model import QualityModel, load_quality_model
from bettersynth.measuring.text.word_pieces import split_pieces

VERSION = 1
READS = ("text",)
STATS = ("text_quality_score",)
# a look-up costs as much
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`model` is a folder that `bettersynth quality` wrote, or one of Data-Juicer's published ones;
    those for Chinese and for code also need their SentencePiece file as `tokenizer`.
    """

    model: str = ""
    tokenizer: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.5
    max_score: float = 1.0


def require_complete(settings: Measuring) -> None:
    """Pass if there is such a model.

    Raises:
        UserError: none is named, it is damaged, or its tokenizer is not there.
    """
    _scorer(settings)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `text_quality_score`: the probability, in 0 to 1, that a text is a good one.

    Special tokens do not count.

    Raises:
        UserError: there is no such model, or its tokenizer is not named.
    """
    if not len(batch):
        return {"text_quality_score": []}
    model, split = _scorer(settings)
    scores = [model.score(split(batch.tokens.strip(text))) for text in batch.texts]
    return {"text_quality_score": scores}


def _scorer(settings: Measuring) -> tuple[QualityModel, Callable[[str], list[str]]]:
    """Return the model, and what splits a text into the words or pieces that it counts."""
    if not settings.model:
        raise UserError(
            "text_quality_filter needs `model`: a folder that `bettersynth quality` wrote, or one "
            "of Data-Juicer's"
        )
    model = load_quality_model(settings.model)
    if not (model.splits_words or settings.tokenizer):
        raise UserError(
            f"{settings.model} was trained on SentencePiece's pieces: text_quality_filter needs "
            "their model file as `tokenizer`"
        )
    return model, spark_words if model.splits_words else split_pieces(settings.tokenizer)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["text_quality_score"], settings.min_score, settings.max_score, settings)
