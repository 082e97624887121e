"""Data-Juicer's perceptual hash, and groups of near-duplicates by Hamming distance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from PIL import Image

FARTHER_THAN_ANY = 65  # of 64 bits
# 16 MB of distances
PAIRS_AT_ONCE = 2_000_000
# so far blocks are wide enough to tell hashes apart: beyond, each is compared with each
MOST_BY_BLOCKS = 10


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


def nearest_within(
    bits: np.ndarray, others: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `nearest` does where the distance is at most `limit`; else 65 and -1.

    Shapes are as there.

    Two hashes that differ in so many bits agree in two of `limit + 2` blocks at least. So only
    hashes with two equal blocks are compared: of 400,000 a few each, not all.
    """
    if limit > MOST_BY_BLOCKS:
        distance, index = nearest(bits, others)
        far = distance > limit
        distance[far] = FARTHER_THAN_ANY
        index[far] = -1
        return distance, index
    # flat pictures share one hash: compared once
    asked, row = np.unique(bits, return_inverse=True)
    known, first = np.unique(others, return_index=True)
    none = FARTHER_THAN_ANY * len(others)
    # distance and index in one number, so that the smallest is the nearest, the first on ties
    best = np.full(len(asked), none, dtype=np.int64)
    for mask in _pairs_of_blocks(limit + 2) if limit >= 0 and len(known) else ():
        for places, candidates in _equal_under(mask, asked, known):
            distance = np.bitwise_count(asked[places] ^ known[candidates]).astype(np.int64)
            rank = np.where(distance <= limit, distance * len(others) + first[candidates], none)
            best[places] = np.minimum(best[places], rank)
    found = best[row] < none
    distance = np.where(found, best[row] // max(1, len(others)), FARTHER_THAN_ANY)
    return distance, np.where(found, best[row] % max(1, len(others)), -1)


def _pairs_of_blocks(blocks: int) -> Iterator[np.uint64]:
    """Yield a mask for every two of the blocks that 64 bits are cut into."""
    cuts = [64 * block // blocks for block in range(blocks + 1)]
    masks = [((1 << (end - start)) - 1) << start for start, end in itertools.pairwise(cuts)]
    for first, second in itertools.combinations(masks, 2):
        yield np.uint64(first | second)


def _equal_under(
    mask: np.uint64, asked: np.ndarray, known: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield positions in `asked` and in `known`, int `[pairs]` each, whose masked bits are equal.

    A position of `asked` comes once at most in each part.
    """
    order = np.argsort(known & mask, kind="stable")
    keys = (known & mask)[order]
    wanted = asked & mask
    start = np.searchsorted(keys, wanted)
    places = np.arange(len(asked))
    for step in range(len(keys)):
        places = places[start[places] + step < len(keys)]
        places = places[keys[start[places] + step] == wanted[places]]
        if not len(places):
            return
        yield places, order[start[places] + step]
