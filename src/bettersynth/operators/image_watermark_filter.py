"""Keep samples whose pictures bear no watermark by a classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models import image_classifiers
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("images",)
STATS = ("image_watermark_prob",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`hf_watermark_model` is a classifier whose second class means a watermark."""

    hf_watermark_model: str = "amrul-hzz/watermark_detector"
    trust_remote_code: bool = False


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """`prob_threshold` is the largest probability that is kept."""

    prob_threshold: float = 0.8


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.hf_watermark_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_watermark_prob`: the probability in [0, 1] of a watermark.

    One for each distinct picture of a sample.
    """

    def load() -> image_classifiers.Score:
        name = settings.hf_watermark_model
        return image_classifiers.second_class(name, settings.trust_remote_code)

    return {"image_watermark_prob": image_classifiers.distinct_scores(batch, load)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(values["image_watermark_prob"], -np.inf, settings.prob_threshold, settings)
