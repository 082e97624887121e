"""Keep samples whose pictures are sharp, have contrast, no plain border and no visible blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.pictures.picture_quality import blocks, border, contrast, sharpness
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, any_or_all, flatten, in_range

VERSION = 1
READS = ("images",)
STATS = ("image_sharpness", "image_contrast", "image_border", "image_blocks")
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The values that are kept; all four must be in theirs, and by default every picture is."""

    min_sharpness: float = 0.0
    min_contrast: float = 0.0
    max_border: float = 1.0
    max_blocks: float = math.inf


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return four numbers of each listed picture's grey values.

    `image_sharpness`: the variance of the Laplacian, low where it is blurred. `image_contrast`: the
    standard deviation of the grey values, 0 to 127.5, low where it is near one colour.
    `image_border`: the share of its area in plain bars along its sides. `image_blocks`: how much
    larger the steps at every eighth pixel are than between them, 1 without JPEG's blocks.
    """
    measured = batch.per_image(lambda name: _numbers(batch.pictures.picture(name)))
    values: Values = {}
    for place, stat in enumerate(STATS):
        column = []
        for sample in measured:
            column.append([numbers[place] for numbers in sample])
        values[stat] = column
    return values


def _numbers(picture) -> tuple[float, float, float, float]:
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    return sharpness(grey), contrast(grey), border(grey), blocks(grey)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`; a picture counts as inside when all its numbers are."""
    bounds = {
        "image_sharpness": (settings.min_sharpness, math.inf),
        "image_contrast": (settings.min_contrast, math.inf),
        "image_border": (-math.inf, settings.max_border),
        "image_blocks": (-math.inf, settings.max_blocks),
    }
    inside = np.array(True)
    counts = np.array([], dtype=np.int64)
    for stat, (low, high) in bounds.items():
        numbers, counts = flatten(values[stat])
        inside = inside & in_range(numbers, low, high, settings)
    return any_or_all(inside, counts, settings.any_or_all)
