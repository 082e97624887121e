"""One decoding rule for every step: which files count as pictures, and what their pixels are."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

# What the web's pictures come in. Pillow knows more, among them some that run a program (EPS starts
# Ghostscript) and many that nobody maintains, whose broken files end in any exception.
# Those that Pillow loads at once come first: it loads all of its plug-ins to try the others.
FORMATS = (
    "JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "WEBP", "TIFF", "AVIF", "JPEG2000", "ICO",
)  # fmt: skip
# 8000 x 8000; larger headers are refused before anything is decoded
MAX_PIXELS = 64_000_000
# pixels, JPEG's own limit: resizing needs memory in proportion to a side
MAX_SIDE = 65_535
MAX_FILE_BYTES = 256 * 2**20

# What Pillow's decoders raise on broken files, as found with damaged ones of every format above
DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError,
    AttributeError, RuntimeError, AssertionError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


class BadImage(Exception):
    """An image that cannot be used; the message is the reason that is counted."""


def read_picture(path: str | Path) -> bytes:
    """Return the bytes of a picture's file.

    Raises:
        BadImage: it does not exist or cannot be read, is a device, a pipe or a folder, or has more
            than `MAX_FILE_BYTES`.
    """
    with _reasons_told():
        # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            size = _regular_size(os.fstat(descriptor))
            if size > MAX_FILE_BYTES:
                raise BadImage(f"too large: {size:,} bytes, limit {MAX_FILE_BYTES:,}")
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return stream.read()
        finally:
            os.close(descriptor)


def picture_size_bytes(path: str | Path) -> int:
    """Return how many bytes a picture's file has, without reading it.

    Raises:
        BadImage: it does not exist or cannot be asked for, is a device, a pipe or a folder.
    """
    with _reasons_told():
        return _regular_size(os.stat(path))


@contextlib.contextmanager
def _reasons_told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise BadImage("does not exist") from None
    except OSError as error:
        raise BadImage(f"unreadable file: {error.strerror}") from None


def _regular_size(about: os.stat_result) -> int:
    if not stat.S_ISREG(about.st_mode):
        raise BadImage("no regular file")
    return about.st_size


def decode_image(data: bytes, as_data_juicer: bool = False) -> Image.Image:
    """Return the first frame as an upright RGB picture.

    EXIF orientation is applied, alpha dropped as Data-Juicer does, and what has more than 8 bits a
    channel keeps its range (`eight_bits`). `as_data_juicer` also loads what is left of a cut file,
    the rest grey, and leaves pictures of more than 8 bits to Pillow, which turns most of them
    white.

    Raises:
        BadImage: not an image, of another format than `FORMATS`, truncated, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(image.width, image.height)
            # Pillow's switch is one for the whole process: it is put back below
            ImageFile.LOAD_TRUNCATED_IMAGES = as_data_juicer
            image.load()
            # In place: a copy would take a third of the whole time
            ImageOps.exif_transpose(image, in_place=True)
            if image.mode == "RGB":
                return image
            return (image if as_data_juicer else eight_bits(image)).convert("RGB")
    except UnidentifiedImageError:
        raise BadImage(_unknown(data)) from None
    except Image.DecompressionBombError:
        raise BadImage(f"too many pixels: limit {MAX_PIXELS}") from None
    except DECODING_ERRORS as error:
        reason = "truncated" if "truncated" in str(error).lower() else "broken"
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise BadImage(f"{reason} image: {said}") from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadImage(f"too many pixels: {width}x{height}, limit {MAX_PIXELS}")
    if max(width, height) > MAX_SIDE:
        raise BadImage(f"too many pixels on a side: {width}x{height}, limit {MAX_SIDE}")


def _unknown(data: bytes) -> str:
    return f"not an image: it is none of {', '.join(FORMATS)}" if data else "empty file"


def eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture whose grey values fit 8 bits; one of a mode that fits already is itself.

    Whole numbers up to 65,535 count as 16 bits (white is 65,535), larger ones as 32 bits.
    Fractions count as 0 to 1 where they lie there; other fractions, which have no range of their
    own, are stretched from the smallest to the largest.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    low = values.min(initial=0)
    high = values.max(initial=0)
    if image.mode == "F" and (low < 0 or high > 1):
        bottom, top = low, high
    elif image.mode == "F":
        bottom, top = 0, 1
    elif image.mode == "I" and high <= 255:
        # a picture of 8 bits in a wider type
        bottom, top = 0, 255
    else:
        bottom, top = 0, 65_535 if high <= 65_535 else 2**31 - 1
    scaled = (values.clip(bottom, top) - bottom) / max(top - bottom, 1e-12) * 255
    return Image.fromarray(np.round(scaled).astype(np.uint8))
