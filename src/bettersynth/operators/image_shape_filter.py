"""Keep samples whose pictures have a width and a height in ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, any_or_all, flatten, in_range

VERSION = 1
READS = ("images",)
STATS = ("image_width", "image_height")
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The ranges that are kept, in pixels: both sides must be in theirs."""

    min_width: float = 1
    max_width: float = math.inf
    min_height: float = 1
    max_height: float = math.inf


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_width` and `image_height` in pixels of each listed picture as it is shown."""
    shapes = batch.per_image(batch.pictures.shape)
    widths = []
    heights = []
    for sample in shapes:
        widths.append([width for width, _ in sample])
        heights.append([height for _, height in sample])
    return {"image_width": widths, "image_height": heights}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`; a picture counts as inside when both of its sides are."""
    widths, counts = flatten(values["image_width"])
    heights, _ = flatten(values["image_height"])
    # both [pictures]
    wide = in_range(widths, settings.min_width, settings.max_width, settings)
    high = in_range(heights, settings.min_height, settings.max_height, settings)
    return any_or_all(wide & high, counts, settings.any_or_all)
