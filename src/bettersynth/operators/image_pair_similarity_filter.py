"""Keep samples whose two pictures are alike by a contrastive model."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.models.scorer_choice import ScorerChoice
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("image_pair_similarity",)
CACHED = True


@dataclass(frozen=True)
class Measuring(ScorerChoice):
    """Which model compares."""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.1
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return image_text_scorers.model_hash(settings.hf_clip)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_pair_similarity`: a list with the cosine of the two pictures, in [-1, 1].

    Raises:
        BadSample: a sample has not two different pictures.
    """
    bad: list[int] = []
    for place, names in enumerate(batch.images):
        if len(names) != 2 or names[0] == names[1]:
            bad.append(place)
    if bad:
        raise BadSample(bad, "it has not two different pictures")
    if not len(batch):
        return {"image_pair_similarity": []}
    scorer = image_text_scorers.load_scorer(
        settings.hf_clip, settings.trust_remote_code, settings.precision
    )
    # both pictures of the first sample, both of the second, and so on
    names = list(itertools.chain.from_iterable(batch.images))
    vectors = scorer.embed_images(batch.pictures, names)
    cosines = (vectors[0::2] * vectors[1::2]).sum(axis=1)
    return {"image_pair_similarity": [[float(cosine)] for cosine in cosines]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose pair is in the range."""
    return keep_images(
        values["image_pair_similarity"], settings.min_score, settings.max_score, settings
    )
