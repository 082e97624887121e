"""Blur some of the pictures, drawn by a seed."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import ImageFilter

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.batch import Batch, UnreadableImage
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made

READS = ("text", "images")
WHERE = "image_blur_mapper"


@dataclass(frozen=True)
class Settings:
    """Each picture is blurred with the probability `p`; `radius` in pixels counts for box and
    gaussian.

    The new files are PNGs in `save_dir`, by default the folder image_blur_mapper beside the export.
    """

    p: float = 0.2
    blur_type: Literal["mean", "box", "gaussian"] = "gaussian"
    radius: float = 2.0
    save_dir: str | None = None
    keep_original_sample: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise UserError(f"{WHERE}: p is {self.p}; it must be from 0 to 1")
        if self.radius < 0:
            raise UserError(f"{WHERE}: radius is {self.radius}; it must not be negative")


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what makes new samples during one run."""
    return Maker(settings, folder)


class Maker:
    """Blurs the pictures of one batch after the other."""

    def __init__(self, settings: Settings, folder: Path):
        self.settings = settings
        self.folder = folder
        self.place = folder / (settings.save_dir or WHERE)

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return a sample with the pictures, blurred or not, of each sample.

        Beside them, the reasons of samples with a picture that cannot be read.
        """
        made: list[list[Made]] = []
        bad: dict[int, str] = {}
        for position, names in enumerate(batch.images):
            try:
                images = [self._picture(batch, name) for name in names]
                made.append([Made(batch.texts[position], images)])
            except UnreadableImage as error:
                bad[position] = f"image {error.name}: {error.reason}"
                made.append([])
        return made, bad

    def _picture(self, batch: Batch, name: str) -> str:
        """Return the path of the blurred picture beside the export, or `name` if it stays."""
        content = batch.pictures.sha256(name)
        # by content: what is drawn depends on neither order nor names
        rng = np.random.default_rng([self.settings.seed, zlib.crc32(content.encode())])
        if rng.random() >= self.settings.p:
            return name
        decides = f"{content} {self.settings.blur_type} {self.settings.radius}"
        key = sha256_of_bytes(decides.encode())[:32]
        path = self.place / f"{Path(name).stem}_{key}.png"
        if not path.exists():
            blurred = batch.pictures.picture(name).convert("RGB").filter(blur_of(self.settings))
            with complete_or_absent(path) as temporary:
                blurred.save(temporary, "PNG")
        # absolute names stay absolute, as the export's other pictures are
        if os.path.isabs(name):
            return os.path.abspath(path)
        return os.path.relpath(path, self.folder)

    def close(self) -> None:
        """There is nothing to close: pictures are written one by one."""


def blur_of(settings: Settings) -> ImageFilter.Filter:
    """Return Pillow's filter; that of the mean has a window of its own, 5 x 5 pixels."""
    if settings.blur_type == "mean":
        return ImageFilter.BLUR()
    if settings.blur_type == "box":
        return ImageFilter.BoxBlur(settings.radius)
    return ImageFilter.GaussianBlur(settings.radius)
