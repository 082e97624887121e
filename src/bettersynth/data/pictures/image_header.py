"""The upright size of a picture from its header, without decoding the pixels."""

from __future__ import annotations

import io
import warnings

from PIL import Image

_ORIENTATION = 0x0112  # EXIF: 5 to 8 are turned by a quarter
_TURNING_TEXTS = (
    b"Raw profile type exif",
    b"XML:com.adobe.xmp",
)  # keys of a PNG's texts that may hold an orientation
_TAIL = 64  # bytes at the end in which the end mark must be


def quick_shape(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) as shown, or None where only decoding can tell that the file is whole.

    A JPEG or PNG that carries its end mark counts as whole; everything else is left to the decoder.
    """
    png = data[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" in data[-_TAIL:]
    if not png and not (data[:2] == b"\xff\xd8" and b"\xff\xd9" in data[-_TAIL:]):
        return None
    if png and _png_may_turn(data):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
            turned = not png and image.getexif().get(_ORIENTATION, 1) in (
                5,
                6,
                7,
                8,
            )  # of a PNG it would decode the pixels
    except (
        OSError,
        ValueError,
        SyntaxError,
        KeyError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ):
        return None
    return (image.height, image.width) if turned else (image.width, image.height)


def _png_may_turn(data: bytes) -> bool:
    """Whether a chunk of a PNG may hold an orientation."""
    start = 8
    while start + 8 <= len(data):
        length, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        if kind == b"eXIf" or data[start + 8 : start + 8 + len(_TURNING_TEXTS[0])].startswith(
            _TURNING_TEXTS
        ):
            return True
        start += 12 + length
    return False
