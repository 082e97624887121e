"""The upright size of a picture from its header, without decoding the pixels."""

from __future__ import annotations

import io
import warnings

from PIL import Image

_ORIENTATION = 0x0112  # EXIF: 5 to 8 are turned by a quarter
_TAIL = 64  # bytes at the end in which the end mark must be


def quick_shape(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) as shown, or None where only decoding can tell that the file is whole.

    A JPEG or PNG that carries its end mark counts as whole; everything else is left to the decoder.
    """
    whole = (data[:2] == b"\xff\xd8" and b"\xff\xd9" in data[-_TAIL:]) or (data[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" in data[-_TAIL:])
    if not whole:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except (OSError, ValueError, SyntaxError, KeyError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return None
    return (image.height, image.width) if turned else (image.width, image.height)
