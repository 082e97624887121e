"""Where a training batch's pictures come from: cached features, or pixels processed on the fly.

Letters in shapes: N pictures, P x P low-resolution tokens of width C, an S x S map of width A.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_table
from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.drawn import DRAWN_IMAGES
from bettersynth.data.tables.feature_store import DRAWN_FEATURES, FEATURES, INDEX, FeatureStore
from bettersynth.data.tables.instruction import INSTRUCTION_IMAGES
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.errors import UserError
from bettersynth.models.architecture.assembly import pixel_pipeline
from bettersynth.models.architecture.image_pipeline import Aspect, ImagePipeline
from bettersynth.models.architecture.mini_gemini import MiniGemini

IMAGE_FOLDERS = (POOL_IMAGES, DRAWN_IMAGES, INSTRUCTION_IMAGES)


class ImageSource(Protocol):
    """Turns picture names into what the model takes.

    A name of None asks for the blank of a conversation without a picture.
    """

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]: ...


class CachedFeatures:
    """Features that the frozen towers gave once; `sha256` are the hashes of pictures by name."""

    def __init__(self, store: FeatureStore, sha256: dict[str, str]) -> None:
        self.store = store
        self.sha256 = sha256

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]:
        """Return `low_res` `[N, P*P, C]` and `high_res` `[N, S, S, A]`, float32."""
        rows = [self._row(name) for name in names]
        blank = np.array([row is None for row in rows])
        # any row, where it is blanked out below
        wanted = np.array([row or 0 for row in rows])
        arrays = {
            "low_res": self.store.low_res(wanted),
            "high_res": self.store.high_res(wanted),
        }
        features = {}
        for key, array in arrays.items():
            # stored as float16, half the reads; the model computes in its own precision
            values = array.astype(np.float32)
            values[blank] = 0.0
            features[key] = torch.from_numpy(values)
        return features

    def require_all(self) -> None:
        """Look every picture up.

        Raises:
            UserError: one has no features: now, and not in the middle of the run.
        """
        self.store.rows(sorted(set(self.sha256.values())))

    def _row(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self.sha256:
            raise UserError(
                f"image {name} of the training rows is neither in the sample table nor in a "
                "folder of images"
            )
        return self.store.row(self.sha256[name])


class Pixels:
    """Pictures decoded and processed on the fly.

    A broken one ends the run: it was readable when the pool was made.
    """

    def __init__(self, images: ImageStore, pipeline: ImagePipeline) -> None:
        self.images = images
        self.pipeline = pipeline

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]:
        """Return `images` `[N, 3, s, s]` (or with tiles) and `images_aux` `[N, 3, S, S]`."""
        pairs = [self._load(name) for name in names]
        return {
            "images": torch.stack([low for low, _ in pairs]),
            "images_aux": torch.stack([aux for _, aux in pairs]),
        }

    def _load(self, name: str | None) -> tuple[Tensor, Tensor]:
        if name is None:
            return self.pipeline.blank()
        try:
            return self.pipeline(decode_image(self.images.read(name)))
        except BadImage as error:
            raise UserError(f"{name}: {error}") from None


def image_source(
    model: MiniGemini,
    names: Sequence[str],
    aspect: Aspect,
    image_folders: Sequence[Path] = IMAGE_FOLDERS,
) -> ImageSource:
    """Return what fetches these pictures for this model: pixels with towers, features without."""
    if model.vision_tower is not None:
        # stage 1 alone needs no instruction pictures, and the other way round
        present = [path for path in image_folders if path.exists()]
        return Pixels(ImageStore(*present), pixel_pipeline(model, aspect))
    folders = [FEATURES]
    # nor does stage 2 need drawn pictures
    if (DRAWN_FEATURES / INDEX).exists():
        folders.append(DRAWN_FEATURES)
    source = CachedFeatures(FeatureStore(*folders), image_hashes(names, SAMPLES, *image_folders))
    source.require_all()
    return source


def image_hashes(
    names: Sequence[str], samples: str | Path, *image_folders: str | Path
) -> dict[str, str]:
    """Return the sha256 of each picture's bytes.

    It comes from the sample table where that has the name, else from the stored bytes.

    Raises:
        UserError: a name that nothing holds.
    """
    known: dict[str, str] = {}
    if Path(samples).exists():
        table = read_table(samples, ["images", "image_sha256"])
        names_of_rows = table.column("images").to_pylist()
        hashes_of_rows = table.column("image_sha256").to_pylist()
        for members, hashes in zip(names_of_rows, hashes_of_rows, strict=True):
            known.update(zip(members, hashes, strict=True))
    present = [path for path in image_folders if Path(path).exists()]
    store = ImageStore(*present)
    # only what the table lacks is read from the folders and hashed: the instruction pictures
    wanted = set(names)
    for name in sorted(wanted - known.keys()):
        known[name] = sha256_of_bytes(store.read(name))
    return {name: known[name] for name in wanted}
