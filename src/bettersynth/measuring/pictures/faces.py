"""Faces in a picture by OpenCV's cascade of Haar features; weights ride in its package."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from bettersynth.data.pictures.decoding import MAX_SIDE
from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.models.weights.identity import hash_of_model

CASCADE = "haarcascade_frontalface_alt.xml"

# x, y, width, height in pixels
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Measuring:
    """`cv_classifier` is a cascade file (default: OpenCV's frontal face).

    The others are those of `detectMultiScale`; a size is a width and a height in pixels.
    """

    # nearer to 1 the steps have no end
    BOUNDS: ClassVar = {"scaleFactor": (1.01, 100), "minNeighbors": (0, 1_000_000)}

    cv_classifier: str = ""
    scaleFactor: float = 1.1
    minNeighbors: int = 3
    minSize: tuple[int, ...] | None = None
    maxSize: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("minSize", "maxSize"):
            size = getattr(self, name)
            if size is None:
                continue
            if len(size) != 2 or not all(0 <= side <= MAX_SIDE for side in size):
                raise UserError(
                    f"{name} is {list(size)}; it must be a width and a height, 0 to {MAX_SIDE:,}"
                )


def model_hash(settings: Measuring) -> str:
    """Return what changes when another cascade is used."""
    return hash_of_model(cascade_path(settings.cv_classifier))


def per_picture(
    batch: Batch, settings: Measuring, value: Callable[[list[Box], Image.Image], Any]
) -> list[list[Any]]:
    """Return `value(boxes, picture)` for each listed picture of each sample."""

    def value_of_name(name: str) -> Any:
        picture = batch.pictures.picture(name)
        return value(find_faces(picture, settings), picture)

    return batch.per_image(value_of_name)


def cascade_path(cv_classifier: str) -> str:
    """Return the file of a cascade: the one named, or OpenCV's frontal face."""
    if cv_classifier:
        return cv_classifier
    import cv2

    return str(Path(cv2.data.haarcascades) / CASCADE)


@functools.lru_cache(maxsize=2)
def load_cascade(cv_classifier: str) -> Any:
    """Return the detector.

    Raises:
        UserError: this OpenCV has none (version 5), or the file is no cascade.
    """
    import cv2

    # the same boxes whatever runs beside
    cv2.setNumThreads(1)
    if not hasattr(cv2, "CascadeClassifier"):
        raise UserError(
            f"OpenCV {cv2.__version__} has no Haar cascades; "
            "install requirements.txt (opencv-python below 5)"
        )
    path = cascade_path(cv_classifier)
    detector = cv2.CascadeClassifier(path) if Path(path).is_file() else None
    if detector is None or detector.empty():
        raise UserError(f"cv_classifier {path} is not a cascade file of OpenCV")
    return detector


def find_faces(picture: Image.Image, settings: Measuring) -> list[Box]:
    """Return (x, y, width, height) in pixels of each face, cut at the borders of the picture."""
    import cv2

    detector = load_cascade(settings.cv_classifier)
    # by way of OpenCV's own order of channels, as in Data-Juicer
    blue_first = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
    grey = cv2.cvtColor(blue_first, cv2.COLOR_BGR2GRAY)
    boxes = detector.detectMultiScale(
        grey,
        scaleFactor=settings.scaleFactor,
        minNeighbors=settings.minNeighbors,
        minSize=settings.minSize,
        maxSize=settings.maxSize,
    )
    faces = []
    for box in boxes:
        left, top, width, height = map(int, box)
        # Data-Juicer's order: a box that begins outside keeps its width
        left = max(left, 0)
        top = max(top, 0)
        width = min(width, picture.width - left)
        height = min(height, picture.height - top)
        faces.append((left, top, width, height))
    return faces
