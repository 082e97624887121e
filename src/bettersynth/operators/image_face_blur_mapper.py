"""Blur the faces in pictures, found by OpenCV's Haar cascade."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.pictures import faces
from bettersynth.measuring.pictures.blurring import (
    Blurred,
    BlurredSamples,
    BlurType,
    blur_of,
    require_radius,
)

READS = ("text", "images")
WHERE = "image_face_blur_mapper"


@dataclass(frozen=True)
class Settings(faces.Measuring):
    """How faces are found, as image_face_ratio_filter does, and how they are blurred.

    `radius` in pixels counts for box and gaussian. Pictures without a face stay as they are; the
    new files are PNGs in `save_dir`, by default the folder image_face_blur_mapper beside the
    export.
    """

    blur_type: BlurType = "gaussian"
    radius: float = 2.0
    save_dir: str | None = None
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_radius(self.radius, WHERE)


def open_maker(settings: Settings, folder: Path) -> BlurredSamples:
    """Return what makes new samples during one run."""

    def blur(batch: Batch, name: str) -> Blurred:
        picture = batch.pictures.picture(name)
        boxes = faces.find_faces(picture, settings)
        if not boxes:
            return None
        found_by = (
            f"{faces.model_hash(settings)} {settings.scaleFactor} {settings.minNeighbors} "
            f"{settings.minSize} {settings.maxSize}"
        )

        def pixels() -> Image.Image:
            return _with_blurred(picture, boxes, settings)

        return pixels, f"{settings.blur_type} {settings.radius} {found_by}"

    return BlurredSamples(folder, folder / (settings.save_dir or WHERE), blur)


def _with_blurred(picture: Image.Image, boxes: list[faces.Box], settings: Settings) -> Image.Image:
    """Return a copy with each box blurred; a box sees its own pixels alone, as in Data-Juicer."""
    kind = blur_of(settings.blur_type, settings.radius)
    blurred = picture.copy()
    for left, top, width, height in boxes:
        box = (left, top, left + width, top + height)
        blurred.paste(picture.crop(box).filter(kind), box)
    return blurred
