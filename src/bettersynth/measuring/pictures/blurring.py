"""Blurred pictures of samples, written as PNGs beside the export."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PIL import Image, ImageFilter

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.batch import Batch, UnreadableImage
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made

BlurType = Literal["mean", "box", "gaussian"]
# The new pixels of a picture and what they depend on, in words; None where it stays as it is
Blurred = tuple[Callable[[], Image.Image], str] | None


def blur_of(blur_type: BlurType, radius: float) -> ImageFilter.Filter:
    """Return Pillow's filter; that of the mean has a window of its own, 5 x 5 pixels."""
    if blur_type == "mean":
        return ImageFilter.BLUR()
    return ImageFilter.BoxBlur(radius) if blur_type == "box" else ImageFilter.GaussianBlur(radius)


def require_radius(radius: float, where: str) -> None:
    """Pass if `radius` can be one, in pixels.

    Raises:
        UserError: it is negative.
    """
    if radius < 0:
        raise UserError(f"{where}: radius is {radius}; it must not be negative")


class BlurredSamples:
    """A sample of each sample, with the pictures that `blur` gives; the batches of one run.

    New pictures lie in `place`, their paths are relative to `folder`.
    """

    def __init__(self, folder: Path, place: Path, blur: Callable[[Batch, str], Blurred]):
        self.folder = folder
        self.place = place
        self.blur = blur

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the new sample of each sample.

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
        blurred = self.blur(batch, name)
        if blurred is None:
            return name
        pixels, depends_on = blurred
        key = sha256_of_bytes(f"{batch.pictures.sha256(name)} {depends_on}".encode())[:32]
        path = self.place / f"{Path(name).stem}_{key}.png"
        if not path.exists():
            picture = pixels()
            with complete_or_absent(path) as temporary:
                picture.save(temporary, "PNG")
        # absolute names stay absolute, as the export's other pictures are
        if os.path.isabs(name):
            return os.path.abspath(path)
        return os.path.relpath(path, self.folder)

    def close(self) -> None:
        """There is nothing to close: pictures are written one by one."""
