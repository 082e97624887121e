"""Keep samples whose pictures' largest face takes a share in a range, by OpenCV's Haar cascade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.pictures.faces import Box, Measuring, per_picture
from bettersynth.measuring.pictures.faces import model_hash as model_hash
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("face_ratios",)
CACHED = True


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.0
    max_ratio: float = 0.4


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `face_ratios` in [0, 1]: area of the largest face box / area of the picture.

    One for each listed picture, 0 without a face.
    """
    return {"face_ratios": per_picture(batch, settings, largest_share)}


def largest_share(boxes: list[Box], picture: Image.Image) -> float:
    """Return the share of the picture's pixels in its largest box."""
    areas = [width * height for _, _, width, height in boxes]
    return max(areas, default=0) / (picture.width * picture.height)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(values["face_ratios"], settings.min_ratio, settings.max_ratio, settings)
