"""An image-text pair on its way into the pool, and how its pictures become stored bytes."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.decoding import BadImage, decode_image, read_picture
from bettersynth.data.pictures.phash import phash
from bettersynth.data.sources.svg import render_svg
from bettersynth.settings.one_source import SampleType

# grey levels; a drawing whose channels span less shows nothing
FLAT = 8


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture, by its `name` in `data/pool/images`.

    `svg` and `raster` hold `data` to be drawn on white; a `photo` is a file, kept as it is.
    """

    name: str
    kind: Literal["svg", "raster", "photo"]
    data: bytes = b""
    path: Path | None = None


@dataclasses.dataclass(frozen=True)
class Pair:
    """One sample before its pictures are decoded.

    `text` is in Data-Juicer's form; `concept` and `group` are "" if there is none.
    `conversations` are the turns of a sample that is no caption, as a LLaVA json has them (JSON);
    `judged` says whether the filter's recipe decides on it. `own_similarity` is that of picture and
    text that the row's own file gives, None where it gives none.
    """

    id: str
    text: str
    pictures: tuple[Picture, ...]
    split: str
    source: str
    style: str
    concept: str = ""
    group: str = ""
    type: SampleType = "caption"
    conversations: str = ""
    judged: bool = True
    own_similarity: float | None = None

    @property
    def image_names(self) -> tuple[str, ...]:
        """The names of its pictures, in the order of its image tokens."""
        return tuple(picture.name for picture in self.pictures)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that no other pair may bear: its id, and those of its pictures."""
        return (self.id, *self.image_names)


@dataclasses.dataclass(frozen=True)
class StoredImage:
    """A picture as stored: its file bytes' sha256 and length, and what it shows.

    Width and height are those of the upright picture in pixels, `phash` has 16 hex digits. `data`
    is empty for photos: they are read again when the shards are written, so that the pool fits
    into memory.
    """

    sha256: str
    size_bytes: int
    width: int
    height: int
    phash: str
    data: bytes = b""


def store(picture: Picture, longest_side: int) -> StoredImage:
    """Decode or render a picture once.

    Drawings and rasters become PNGs on white, at most `longest_side` pixels long.

    Raises:
        BadImage: it cannot be decoded or rendered, or a drawing is a single flat colour.
    """
    if picture.kind == "photo":
        data = picture_bytes(picture)
        return _stored(data, decode_image(data))
    if picture.kind == "svg":
        image = render_svg(picture.data, longest_side)
    else:
        image = _on_white(picture.data)
    # only ever smaller
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    grey_levels = np.ptp(np.asarray(image), axis=(0, 1))  # [3], the span of each channel
    if int(grey_levels.max()) < FLAT:
        raise BadImage("flat picture")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = stream.getvalue()
    return dataclasses.replace(_stored(data, image), data=data)


def _stored(data: bytes, image: Image.Image) -> StoredImage:
    sha256 = sha256_of_bytes(data)
    return StoredImage(sha256, len(data), image.width, image.height, phash(image))


def picture_bytes(picture: Picture) -> bytes:
    """Return the bytes of a photo's file.

    Raises:
        BadImage: the file cannot be read.
    """
    assert picture.path is not None, f"{picture.name} is no photo"
    return read_picture(picture.path)


def _on_white(data: bytes) -> Image.Image:
    """Return an RGB picture with transparent parts white.

    `decode_image` would show the hidden colours there; it is called for its errors alone.
    """
    decode_image(data)
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
