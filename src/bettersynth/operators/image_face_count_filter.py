"""Keep samples with pictures with a number of faces in a range, by OpenCV's Haar cascade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bettersynth.operators.batch import Batch
from bettersynth.operators.faces import cascade_path, find_faces
from bettersynth.operators.model_files import hash_of_model
from bettersynth.operators.protocols import Values
from bettersynth.operators.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("face_counts",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`cv_classifier` is a cascade file (default: OpenCV's frontal face); the others are those of `detectMultiScale`."""

    cv_classifier: str = ""
    scaleFactor: float = 1.1
    minNeighbors: int = 3
    minSize: tuple[int, ...] | None = None
    maxSize: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Deciding(ImageEnds):
    min_face_count: float = 1
    max_face_count: float = 1


def model_hash(settings: Measuring) -> str:
    return hash_of_model(cascade_path(settings.cv_classifier))


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `face_counts`: number of face boxes in each listed picture."""

    def faces_of(picture: Image.Image) -> list[tuple[int, int, int, int]]:
        detector = (settings.cv_classifier, settings.scaleFactor, settings.minNeighbors, settings.minSize, settings.maxSize)
        return find_faces(picture, *detector)

    def value(name: str) -> int:
        picture = batch.pictures.picture(name)
        return len(faces_of(picture))

    return {"face_counts": batch.per_image(value)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return keep_images(values["face_counts"], settings.min_face_count, settings.max_face_count, settings)
