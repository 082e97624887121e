"""Keep samples with pictures with a number of faces in a range, by OpenCV's Haar cascade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.pictures.faces import Measuring, per_picture
from bettersynth.measuring.pictures.faces import model_hash as model_hash
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("face_counts",)
CACHED = True


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_face_count` to `max_face_count`."""

    min_face_count: float = 1
    max_face_count: float = 1


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `face_counts`: number of face boxes in each listed picture."""
    counts = per_picture(batch, settings, lambda boxes, _: len(boxes))
    return {"face_counts": counts}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(
        values["face_counts"], settings.min_face_count, settings.max_face_count, settings
    )
