"""A picture on its way into the pool: what a source hands over, and how it becomes stored bytes."""

from __future__ import annotations

import dataclasses
import io
from typing import Literal

import numpy as np
from PIL import Image

from bettersynth.files import sha256_of_bytes
from bettersynth.images import BadImage, decode_image
from bettersynth.phash import phash
from bettersynth.sources.svg import render_svg

WHITE = (255, 255, 255, 255)


@dataclasses.dataclass(frozen=True)
class Picture:
    """One image-text pair of a source. `data` is a drawing (`svg`), pixels to be put on white (`raster`), or a file to keep as it is (`photo`)."""

    id: str
    caption: str
    data: bytes
    kind: Literal["svg", "raster", "photo"]
    split: str
    source: str
    style: str
    concept: str = ""
    group: str = ""
    extension: str = "png"


@dataclasses.dataclass(frozen=True)
class StoredImage:
    """A picture as stored: file bytes, sha256 of them, upright size in pixels, perceptual hash (16 hex digits)."""

    data: bytes
    sha256: str
    width: int
    height: int
    phash: str


def store(picture: Picture, longest_side: int) -> StoredImage:
    """Decode or render a picture once; drawings and rasters become PNGs on white, at most `longest_side` pixels long.

    Raises:
        BadImage: it cannot be decoded or rendered, or a drawing is a single flat colour.
    """
    if picture.kind == "photo":
        data, image = picture.data, decode_image(picture.data)
    else:
        image = render_svg(picture.data, longest_side) if picture.kind == "svg" else _on_white(picture.data)
        image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
        if int(np.ptp(np.asarray(image), axis=(0, 1)).max()) < 8:
            raise BadImage("flat picture")
        stream = io.BytesIO()
        image.save(stream, "PNG")
        data = stream.getvalue()
    return StoredImage(data, sha256_of_bytes(data), image.width, image.height, phash(image))


def _on_white(data: bytes) -> Image.Image:
    """Return an RGB picture with transparent parts white (`decode_image` would show the hidden colours there)."""
    decode_image(data)
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image).convert("RGB")
