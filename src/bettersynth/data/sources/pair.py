"""An image-text pair on its way into the pool: what a source hands over, and how its pictures become stored bytes."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.images import BadImage, decode_image
from bettersynth.data.pictures.phash import phash
from bettersynth.data.sources.svg import render_svg

FLAT = 8  # grey levels; a drawing whose channels span less shows nothing


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture: its `name` in `images.zip`, and `data` to be drawn on white (`svg`, `raster`) or a file to keep as it is (`photo`)."""

    name: str
    kind: Literal["svg", "raster", "photo"]
    data: bytes = b""
    path: Path | None = None


@dataclasses.dataclass(frozen=True)
class Pair:
    """One sample before its pictures are decoded; `text` is in Data-Juicer's form, `concept` and `group` are "" if there is none."""

    id: str
    text: str
    pictures: tuple[Picture, ...]
    split: str
    source: str
    style: str
    concept: str = ""
    group: str = ""


@dataclasses.dataclass(frozen=True)
class StoredImage:
    """A picture as stored: sha256 and length of the file bytes, upright size in pixels, perceptual hash (16 hex digits).

    `data` is empty for photos: they are read again when the zip file is written, so that the pool fits into memory.
    """

    sha256: str
    size_bytes: int
    width: int
    height: int
    phash: str
    data: bytes = b""


def store(picture: Picture, longest_side: int) -> StoredImage:
    """Decode or render a picture once; drawings and rasters become PNGs on white, at most `longest_side` pixels long.

    Raises:
        BadImage: it cannot be decoded or rendered, or a drawing is a single flat colour.
    """
    if picture.kind == "photo":
        data = picture_bytes(picture)
        image = decode_image(data)
        return StoredImage(
            sha256_of_bytes(data), len(data), image.width, image.height, phash(image)
        )
    image = (
        render_svg(picture.data, longest_side) if picture.kind == "svg" else _on_white(picture.data)
    )
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    if int(np.ptp(np.asarray(image), axis=(0, 1)).max()) < FLAT:
        raise BadImage("flat picture")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = stream.getvalue()
    return StoredImage(
        sha256_of_bytes(data), len(data), image.width, image.height, phash(image), data
    )


def picture_bytes(picture: Picture) -> bytes:
    """Return the bytes of a photo's file.

    Raises:
        BadImage: the file cannot be read.
    """
    assert picture.path is not None, f"{picture.name} is no photo"
    try:
        return picture.path.read_bytes()
    except OSError as error:
        raise BadImage(f"unreadable file: {error.strerror}") from None


def _on_white(data: bytes) -> Image.Image:
    """Return an RGB picture with transparent parts white (`decode_image` would show the hidden colours there)."""
    decode_image(data)
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
