"""The upright size of a picture from its header, without decoding the pixels."""

from __future__ import annotations

import io
import warnings

from PIL import Image

from bettersynth.data.pictures.decoding import DECODING_ERRORS

_ORIENTATION = 0x0112  # the EXIF tag
# its values for pictures that are turned by a quarter
_TURNED = (5, 6, 7, 8)
# Keys of a PNG's texts that may hold an orientation.
_TURNING_TEXTS = (b"Raw profile type exif", b"XML:com.adobe.xmp")
# bytes at the end in which the end mark must be
_TAIL = 64
_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_JPEG_MARK, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


def quick_shape(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) as shown, or None where only decoding can tell that a file is whole.

    A JPEG or PNG that carries its end mark counts as whole; everything else is left to the decoder.
    """
    png = data.startswith(_PNG_MARK) and b"IEND" in data[-_TAIL:]
    jpeg = data.startswith(_JPEG_MARK) and _JPEG_END in data[-_TAIL:]
    if not png and not jpeg:
        return None
    if png and _png_may_turn(data):
        return None
    try:
        with warnings.catch_warnings():
            # Whatever makes Pillow warn, broken EXIF for one, is left to the decoder.
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(data), formats=("PNG",) if png else ("JPEG",))
            # not asked of a PNG: it would decode the pixels
            turned = not png and image.getexif().get(_ORIENTATION, 1) in _TURNED
    except (*DECODING_ERRORS, Warning, Image.DecompressionBombError):
        return None
    return (image.height, image.width) if turned else (image.width, image.height)


def _png_may_turn(data: bytes) -> bool:
    """Whether a chunk of a PNG may hold an orientation.

    A chunk is its length (4 bytes), its kind (4 bytes), so many bytes, and a checksum (4 bytes).
    """
    longest = max(map(len, _TURNING_TEXTS))
    start = len(_PNG_MARK)
    while start + 8 <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        kind = data[start + 4 : start + 8]
        beginning = data[start + 8 : start + 8 + longest]
        if kind == b"eXIf" or beginning.startswith(_TURNING_TEXTS):
            return True
        start += 12 + length
    return False
