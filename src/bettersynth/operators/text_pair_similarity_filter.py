"""Keep samples whose text is like the text of another field by a contrastive model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.errors import UserError
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.models.scorer_choice import ScorerChoice
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("text", "fields")
STATS = ("text_pair_similarity",)
# the cache knows a sample by its text and pictures alone
CACHED = False


@dataclass(frozen=True)
class Measuring(ScorerChoice):
    """`text_key_second` is the field of the other text."""

    text_key_second: str | None = None


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.1
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return image_text_scorers.model_hash(settings.hf_clip)


def fields_read(settings: Measuring) -> list[str]:
    """Return the field of the other text.

    Raises:
        UserError: none is named.
    """
    if not settings.text_key_second:
        raise UserError("text_pair_similarity_filter: text_key_second names no field")
    return [settings.text_key_second]


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `text_pair_similarity`: a list with the cosine of the two texts, in [-1, 1].

    Both count with their special tokens. The list is empty where one of them is.

    Raises:
        UserError: no field is named.
        BadSample: the field holds no text.
    """
    (key,) = fields_read(settings)
    others = [row.get(key) for row in batch.rows]
    bad = [place for place, other in enumerate(others) if not isinstance(other, str | None)]
    if bad:
        raise BadSample(bad, f"{key} holds no text")
    pairs = list(zip(batch.texts, others, strict=True))
    whole = [place for place, (text, other) in enumerate(pairs) if text and other]
    scores: list[list[float]] = [[] for _ in pairs]
    if whole:
        scorer = image_text_scorers.load_scorer(
            settings.hf_clip, settings.trust_remote_code, settings.precision
        )
        first = scorer.embed_texts([batch.texts[place] for place in whole])
        second = scorer.embed_texts([str(others[place]) for place in whole])
        for place, cosine in zip(whole, (first * second).sum(axis=1), strict=True):
            scores[place] = [float(cosine)]
    return {"text_pair_similarity": scores}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose pair is in the range; a sample without a value is kept."""
    return keep_images(
        values["text_pair_similarity"], settings.min_score, settings.max_score, settings
    )
