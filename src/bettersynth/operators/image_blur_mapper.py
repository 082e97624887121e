"""Blur some of the pictures, drawn by a seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.pictures.blurring import (
    Blurred,
    BlurredSamples,
    BlurType,
    blur_of,
    require_radius,
)

READS = ("text", "images")
WHERE = "image_blur_mapper"


@dataclass(frozen=True)
class Settings:
    """Each picture is blurred with the probability `p`; `radius` in pixels counts for box and
    gaussian.

    The new files are PNGs in `save_dir`, by default the folder image_blur_mapper beside the export.
    """

    p: float = 0.2
    blur_type: BlurType = "gaussian"
    radius: float = 2.0
    save_dir: str | None = None
    keep_original_sample: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise UserError(f"{WHERE}: p is {self.p}; it must be from 0 to 1")
        require_radius(self.radius, WHERE)


def open_maker(settings: Settings, folder: Path) -> BlurredSamples:
    """Return what makes new samples during one run."""

    def blur(batch: Batch, name: str) -> Blurred:
        # by content: what is drawn depends on neither order nor names
        content = batch.pictures.sha256(name)
        rng = np.random.default_rng([settings.seed, zlib.crc32(content.encode())])
        if rng.random() >= settings.p:
            return None
        kind = blur_of(settings.blur_type, settings.radius)

        def pixels() -> Image.Image:
            return batch.pictures.picture(name).convert("RGB").filter(kind)

        return pixels, f"{settings.blur_type} {settings.radius}"

    return BlurredSamples(folder, folder / (settings.save_dir or WHERE), blur)
