"""Keep samples whose pictures please, by a scorer trained on ratings."""

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
STATS = ("image_aesthetics_scores",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`hf_scorer_model` is a CLIP with a head: see `image_classifiers.aesthetics`."""

    hf_scorer_model: str = "shunk031/aesthetics-predictor-v2-sac-logos-ava1-l14-linearMSE"
    trust_remote_code: bool = False


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.5
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.hf_scorer_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_aesthetics_scores`: about 0 to 1 for each distinct picture of a sample."""

    def load() -> image_classifiers.Score:
        name = settings.hf_scorer_model
        return image_classifiers.aesthetics(name, settings.trust_remote_code)

    return {"image_aesthetics_scores": image_classifiers.distinct_scores(batch, load)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(
        values["image_aesthetics_scores"], settings.min_score, settings.max_score, settings
    )
