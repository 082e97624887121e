"""The four perceptual hashes of a picture: 64 bits as 16 hex digits.

Source: imagededup 0.3.3, which Data-Juicer calls: RGB, resized with Lanczos, then grey.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from bettersynth.data.pictures.phash import phash


def _grey(picture: Image.Image, width: int, height: int) -> np.ndarray:
    """Return uint8 `[height, width]`."""
    # resized in colour: another order would give other hashes than Data-Juicer's
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small.convert("L"))


def _hex(bits: np.ndarray) -> str:
    """Return 64 flags of any shape as 16 hex digits."""
    packed = np.packbits(bits.reshape(64).astype(np.uint8))
    return packed.tobytes().hex()


def dhash(picture: Image.Image) -> str:
    """Whether each of 8 x 8 grey pixels is darker than its right neighbour."""
    pixels = _grey(picture, 9, 8)
    return _hex(pixels[:, 1:] > pixels[:, :-1])


def ahash(picture: Image.Image) -> str:
    """8 x 8 grey pixels against their mean."""
    pixels = _grey(picture, 8, 8)
    return _hex(pixels >= pixels.mean())


def whash(picture: Image.Image) -> str:
    """The level-5 approximation of the Haar wavelet of 256 x 256 grey pixels against its median."""
    import pywt

    pixels = _grey(picture, 256, 256).astype(np.float64) / 255
    # 256 = 8 x 2^5: five levels leave 8 x 8
    low = pywt.wavedec2(pixels, "haar", level=5)[0]
    return _hex(low >= np.median(low))


HASHES = {"phash": phash, "dhash": dhash, "ahash": ahash, "whash": whash}
