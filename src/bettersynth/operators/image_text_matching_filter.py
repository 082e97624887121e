"""Keep samples whose pictures fit their text by the matching head of a BLIP.

`hf_blip: nano` asks the pipeline's own captioner instead, which needs no other weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Batch, Images
from bettersynth.measuring.models.blip_matching import blip_match_probabilities
from bettersynth.measuring.models.nano_matching import nano_match_probabilities, nano_model_hash
from bettersynth.measuring.pictures.picture_chunks import (
    distinct_pairs,
    picture_chunks,
    reduced_values,
)
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text", "images")
STATS = ("image_text_matching_score",)
CACHED = True

# pairs in one forward pass
BATCH = 16
# the name in hf_blip of the pipeline's own
NANO = "nano"


@dataclass(frozen=True)
class Measuring:
    """`hf_blip` is a BLIP with its matching head, or `nano`, the pipeline's captioner; chunks with
    several pictures are reduced.
    """

    hf_blip: str = "Salesforce/blip-itm-base-coco"
    trust_remote_code: bool = False
    reduce_mode: Literal["avg", "max", "min"] = "avg"
    horizontal_flip: bool = False
    vertical_flip: bool = False


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.003
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return nano_model_hash() if settings.hf_blip == NANO else hash_of_model(settings.hf_blip)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_text_matching_score`: one probability in [0, 1] a chunk with an image token.

    A sample without pictures has none.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them.
    """
    chunks = picture_chunks(batch)
    pairs = distinct_pairs(chunks)
    flips = Flips(settings.horizontal_flip, settings.vertical_flip)
    if settings.hf_blip == NANO:
        probabilities = nano_match_probabilities(batch.pictures, pairs, flips)
    else:
        probabilities = _blip_probabilities(batch.pictures, pairs, flips, settings)
    probability = dict(zip(pairs, probabilities, strict=True))
    values = reduced_values(chunks, probability, settings.reduce_mode)
    return {"image_text_matching_score": values}


def _blip_probabilities(
    images: Images, pairs: Sequence[tuple[str, str]], flips: Flips, settings: Measuring
) -> list[float]:
    probabilities: list[float] = []
    for start in range(0, len(pairs), BATCH):
        chosen = pairs[start : start + BATCH]
        pictures = [flips.apply(images.picture(name)) for name, _ in chosen]
        texts = [words for _, words in chosen]
        probabilities += match_probabilities(settings, pictures, texts)
    return probabilities


def match_probabilities(
    settings: Measuring, pictures: list[Image.Image], texts: list[str]
) -> list[float]:
    """Return how likely each picture and the text beside it match."""
    model = settings.hf_blip
    return blip_match_probabilities(model, settings.trust_remote_code, pictures, texts)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(
        values["image_text_matching_score"], settings.min_score, settings.max_score, settings
    )
