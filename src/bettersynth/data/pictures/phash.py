"""Data-Juicer's perceptual hash, and groups of near-duplicates by Hamming distance."""

from __future__ import annotations

import numpy as np
from PIL import Image

FARTHER_THAN_ANY = 65  # of 64 bits
# 16 MB of distances
PAIRS_AT_ONCE = 2_000_000


def phash(image: Image.Image) -> str:
    """Return the 64-bit perceptual hash of a picture as 16 hex digits.

    32x32 grey values, DCT-II down the columns and along the rows, the 8x8 lowest frequencies; a bit
    is set where the coefficient reaches the median of the 63 without the constant one. Flat
    pictures all hash to `ffffffffffffffff`.

    Source: Data-Juicer 1.6.1 `image_deduplicator`, method phash.
    """
    # imported here: loading scipy costs more than all the operators that may need it
    from scipy.fft import dct

    image = image if image.mode == "RGB" else image.convert("RGB")
    # resized in colour, then grey: the other order gives other bits
    small = image.resize((32, 32), Image.Resampling.LANCZOS).convert("L")
    pixels = np.asarray(small, dtype=np.uint8).astype(np.float64)
    frequencies = dct(dct(pixels, axis=0), axis=1)  # [32, 32]
    frequencies = frequencies[:8, :8].ravel()  # [64]
    # the median of 63
    bits = frequencies >= np.partition(frequencies[1:], 31)[31]
    return np.packbits(bits).tobytes().hex()


def hash_bits(hashes: list[str]) -> np.ndarray:
    """Return the hashes (16 hex digits each) as an array of uint64, shape `[hashes]`."""
    return np.array([int(value, 16) for value in hashes], dtype=np.uint64)


def nearest(bits: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of `bits` the smallest Hamming distance to `others`, and its index.

    `bits` are uint64 `[rows]`, `others` `[columns]`; the results are int64 `[rows]`, the first
    index on ties. Distances are 0 to 64; where `others` is empty, they are 65 and the index is -1.
    """
    distance = np.full(len(bits), FARTHER_THAN_ANY, dtype=np.int64)
    index = np.full(len(bits), -1, dtype=np.int64)
    if len(others) == 0:
        return distance, index
    block = max(1, PAIRS_AT_ONCE // len(others))
    for start in range(0, len(bits), block):
        rows = slice(start, start + block)
        counts = np.bitwise_count(bits[rows, None] ^ others[None, :])  # [block, columns]
        index[rows] = counts.argmin(axis=1)
        distance[rows] = counts.min(axis=1)
    return distance, index
