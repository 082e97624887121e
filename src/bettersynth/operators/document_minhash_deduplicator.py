"""Keep the first of the samples whose texts share most of their shingles, found by MinHash and banding."""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.groups import first_of_components
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.shingles import shingle_function

VERSION = 1
READS = ("text",)
STATS = ("__dj__minhash",)
CACHED = False  # the signature of one text is 4 kB: making it again is cheaper than storing it

PRIME = 2**61 - 1
LARGEST = 2**32 - 1
BLOCK = 1024  # shingles permuted at a time


@dataclass(frozen=True)
class Measuring:
    """Bands and rows follow from `jaccard_threshold` unless both are given. `compat: data_juicer` gives texts with fewer parts than
    `window_size` no shingle, so that all of them are duplicates of each other; otherwise such a text is one shingle.
    """

    tokenization: Literal["space", "punctuation", "character", "sentencepiece"] = "space"
    window_size: int = 5
    lowercase: bool = True
    ignore_pattern: str | None = None
    num_permutations: int = 256
    jaccard_threshold: float = 0.7
    num_bands: int | None = None
    num_rows_per_band: int | None = None
    tokenizer_model: str | None = None
    compat: Literal["", "data_juicer"] = ""


@dataclass(frozen=True)
class Deciding:
    pass


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `__dj__minhash`: for each text one string a band, its values as big-endian 64-bit hexadecimal."""
    bands, rows = bands_of(settings)
    signed = signatures(batch.texts, settings)[:, : bands * rows].astype(">u8")
    width = rows * 16
    found = []
    for row in signed:
        text = row.tobytes().hex()
        found.append([text[i : i + width] for i in range(0, len(text), width)])
    return {"__dj__minhash": found}


def compact(value: Sequence[str]) -> bytes:
    """Return 8 bytes a band that are equal when the band is: what a decision over many rows holds in memory."""
    return b"".join(hashlib.blake2b(band.encode(), digest_size=8).digest() for band in value)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Texts with an equal band are one group, and so are groups that share a text."""
    rows = values["__dj__minhash"]
    return keep_words(
        len(rows),
        np.frombuffer(b"".join(map(compact, rows)), dtype=np.uint64).reshape(len(rows), -1).T
        if rows
        else (),
    )


def keep_words(rows: int, bands: Iterable[np.ndarray]) -> np.ndarray:
    """Return the same from the words of `compact`: for each band, uint64 `[rows]`."""
    edges = [np.empty((2, 0), dtype=np.int64)]
    for band in bands:
        order = np.argsort(band, kind="stable")
        equal = band[order[1:]] == band[order[:-1]]
        edges.append(np.stack([order[:-1][equal], order[1:][equal]]))
    return (
        first_of_components(rows, np.concatenate(edges, axis=1))
        if rows > 1
        else np.ones(rows, dtype=bool)
    )


def signatures(texts: Sequence[str], settings: Measuring) -> np.ndarray:
    """Return uint64 `[texts, permutations]`: the smallest permuted hash over each text's different shingles (2^32 - 1 without any)."""
    shingles = shingle_function(
        settings.tokenization,
        settings.window_size,
        settings.lowercase,
        settings.ignore_pattern,
        settings.tokenizer_model or "",
        settings.compat != "data_juicer",
    )
    found = np.full((len(texts), settings.num_permutations), LARGEST, dtype=np.uint64)
    waiting: list[tuple[int, list[bytes]]] = []
    count = 0
    for k, text in enumerate(texts):
        different = list(dict.fromkeys(shingles(text)))
        if different:
            waiting.append((k, different))
            count += len(different)
        if count >= BLOCK:
            _sign(waiting, found)
            waiting, count = [], 0
    if waiting:
        _sign(waiting, found)
    return found


def _sign(waiting: Sequence[tuple[int, list[bytes]]], found: np.ndarray) -> None:
    hashes = np.array(
        [_hash32(shingle) for _, different in waiting for shingle in different], dtype=np.uint64
    )
    starts = np.cumsum([0, *(len(different) for _, different in waiting[:-1])])
    a, b = permutations(found.shape[1])
    permuted = hashes[:, None] * a + b
    # modulo 2^61 - 1 by adding the high bits to the low ones, then the low 32 bits
    permuted = (permuted & np.uint64(PRIME)) + (permuted >> np.uint64(61))
    permuted -= np.where(permuted >= np.uint64(PRIME), np.uint64(PRIME), np.uint64(0))
    permuted &= np.uint64(LARGEST)
    found[[k for k, _ in waiting]] = np.minimum.reduceat(permuted, starts, axis=0)


def _hash32(shingle: bytes) -> int:
    return int(struct.unpack("<I", hashlib.sha1(shingle, usedforsecurity=False).digest()[:4])[0])


@functools.lru_cache(maxsize=4)
def permutations(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and the summands, uint64 `[count]`, drawn in pairs as datasketch does."""
    generator = np.random.RandomState(seed=42)
    pairs = [
        (generator.randint(1, PRIME, dtype=np.uint64), generator.randint(0, PRIME, dtype=np.uint64))
        for _ in range(count)
    ]
    drawn = np.array(pairs, dtype=np.uint64)
    return drawn[:, 0], drawn[:, 1]


def bands_of(settings: Measuring) -> tuple[int, int]:
    """Return the number of bands and the rows of each."""
    if settings.num_bands is not None and settings.num_rows_per_band is not None:
        return settings.num_bands, settings.num_rows_per_band
    return best_bands(settings.jaccard_threshold, settings.num_permutations)


@functools.lru_cache(maxsize=16)
def best_bands(threshold: float, permutation_count: int) -> tuple[int, int]:
    """Return (bands, rows) with the smallest mean of the chances to join what is below `threshold` and to miss what is above.

    Both chances are integrals over the similarity s of 1 - (1 - s^rows)^bands and its complement, taken here at Gauss-Legendre points.
    """
    points, weights = np.polynomial.legendre.leggauss(128)
    below, above = (points + 1) / 2 * threshold, threshold + (points + 1) / 2 * (1 - threshold)
    best, smallest = (1, 1), np.inf
    for bands in range(1, permutation_count + 1):
        rows = np.arange(1, permutation_count // bands + 1)[:, None]
        joined = (weights * (1 - (1 - below**rows) ** bands)).sum(axis=1) * threshold / 2
        missed = (weights * (1 - above**rows) ** bands).sum(axis=1) * (1 - threshold) / 2
        errors = (joined + missed) / 2
        k = int(errors.argmin())
        if errors[k] < smallest:
            best, smallest = (bands, k + 1), float(errors[k])
    return best
