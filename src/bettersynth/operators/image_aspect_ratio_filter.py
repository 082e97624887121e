"""Keep samples whose pictures have a ratio of width to height in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("aspect_ratios",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.333
    max_ratio: float = 3.0


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `aspect_ratios`: width / height of each listed picture as it is shown.

    A picture that its EXIF orientation turns is measured turned.
    """

    def ratio(name: str) -> float:
        width, height = batch.pictures.shape(name)
        return width / height

    return {"aspect_ratios": batch.per_image(ratio)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(values["aspect_ratios"], settings.min_ratio, settings.max_ratio, settings)
