"""Keep the first of the samples whose texts share most shingles, found by MinHash and banding."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.groups import first_of_components
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.shingles import shingle_function
from bettersynth.measuring.text.user_patterns import compile_pattern

VERSION = 1
READS = ("text",)
STATS = ("__dj__minhash",)
# the signature of one text is 4 kB: making it again is cheaper than storing it
CACHED = False

# datasketch's Mersenne prime and largest hash: its permutations, so that signatures are the same
PRIME = 2**61 - 1
LARGEST = 2**32 - 1
# shingles permuted at a time
BLOCK = 1024


@dataclass(frozen=True)
class Measuring:
    """Bands and rows follow from `jaccard_threshold` unless both are given.

    `compat: data_juicer` gives texts with fewer parts than `window_size` no shingle, so that all
    of them are duplicates of each other; otherwise such a text is one shingle.
    """

    # a window of no parts would make all texts equal
    BOUNDS: ClassVar = {
        "window_size": (1, 1_000_000),
        "num_permutations": (1, 65_536),
        "num_bands": (1, 65_536),
        "num_rows_per_band": (1, 65_536),
    }

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

    def __post_init__(self) -> None:
        if self.ignore_pattern:
            # a mistake is told before the first row
            compile_pattern(self.ignore_pattern, "ignore_pattern")
        used = (self.num_bands or 0) * (self.num_rows_per_band or 0)
        if used > self.num_permutations:
            raise UserError(
                f"num_bands x num_rows_per_band is {used:,}, more than the "
                f"num_permutations {self.num_permutations:,}"
            )


@dataclass(frozen=True)
class Deciding:
    """Nothing can be set."""


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `__dj__minhash`: one string a band, its values as big-endian 64-bit hexadecimal."""
    bands, rows = bands_of(settings)
    signed = signatures(batch.texts, settings)[:, : bands * rows].astype(">u8")
    # hexadecimal digits of a band
    width = rows * 16
    banded = []
    for signature in signed:
        digits = signature.tobytes().hex()
        starts = range(0, len(digits), width)
        banded.append([digits[start : start + width] for start in starts])
    return {"__dj__minhash": banded}


def compact(value: Sequence[str]) -> bytes:
    """Return 8 bytes a band that are equal when the band is.

    They are what a decision over many rows holds in memory.
    """
    digests = [hashlib.blake2b(band.encode(), digest_size=8).digest() for band in value]
    return b"".join(digests)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: the first of each group.

    Texts with an equal band are one group, and so are groups that share a text.
    """
    first = originals(values, settings)
    return first == np.arange(len(first))


def originals(values: Values, settings: Deciding) -> np.ndarray:
    """Return the first text of each one's group, int64 `[texts]`.

    Values are those of `measure`, or the bytes that `compact` makes of them.
    """
    rows = values["__dj__minhash"]
    if not len(rows):
        return np.arange(0)
    if not isinstance(rows, np.ndarray):
        words = [row if isinstance(row, bytes) else compact(row) for row in rows]
        rows = np.frombuffer(b"".join(words), dtype=f"V{len(words[0])}")
    bands = rows.view(np.uint64).reshape(len(rows), -1)
    return _first_of_bands(len(rows), bands.T)


def keep_words(rows: int, bands: Iterable[np.ndarray]) -> np.ndarray:
    """Return what `keep` does from the words of `compact`: for each band, uint64 `[rows]`."""
    return _first_of_bands(rows, bands) == np.arange(rows)


def _first_of_bands(rows: int, bands: Iterable[np.ndarray]) -> np.ndarray:
    if rows < 2:
        return np.arange(rows)
    # equal words of a band lie side by side once sorted: each is joined with the one before it
    edges = [np.empty((2, 0), dtype=np.int64)]
    for band in bands:
        order = np.argsort(band, kind="stable")
        equal = band[order[1:]] == band[order[:-1]]
        # neighbours in sorted order that are equal: enough to join all rows of one value
        before = order[:-1][equal]
        behind = order[1:][equal]
        edges.append(np.stack([before, behind]))
    return first_of_components(rows, np.concatenate(edges, axis=1))


def signatures(texts: Sequence[str], settings: Measuring) -> np.ndarray:
    """Return uint64 `[texts, permutations]`: the smallest permuted hash over a text's shingles.

    A text without shingles has 2^32 - 1 throughout.
    """
    shingles = shingle_function(
        settings.tokenization,
        settings.window_size,
        settings.lowercase,
        settings.ignore_pattern,
        settings.tokenizer_model or "",
        settings.compat != "data_juicer",
    )
    signed = np.full((len(texts), settings.num_permutations), LARGEST, dtype=np.uint64)
    # Many texts at a time make numpy quick, a block at most keeps its arrays small.
    # text -> its different shingles
    waiting: dict[int, list[bytes]] = {}
    count = 0
    for position, text in enumerate(texts):
        different = list(dict.fromkeys(shingles(text)))
        if different:
            waiting[position] = different
            count += len(different)
        if count >= BLOCK:
            _sign(waiting, signed)
            waiting.clear()
            count = 0
    if waiting:
        _sign(waiting, signed)
    return signed


def _sign(waiting: dict[int, list[bytes]], signed: np.ndarray) -> None:
    """Write the rows of the texts `waiting` into `signed` `[texts, permutations]`."""
    hashes32: list[int] = []
    # of each text, the first of its hashes
    starts: list[int] = []
    for different in waiting.values():
        starts.append(len(hashes32))
        hashes32 += map(_hash32, different)
    hashes = np.array(hashes32, dtype=np.uint64)
    factors, summands = permutations(signed.shape[1])
    # [shingles, permutations]; it wraps around at 2^64 before the modulo, as in datasketch
    permuted = hashes[:, None] * factors + summands
    # modulo 2^61 - 1 by adding the high bits to the low ones, then the low 32 bits
    permuted = (permuted & np.uint64(PRIME)) + (permuted >> np.uint64(61))
    permuted -= np.where(permuted >= np.uint64(PRIME), np.uint64(PRIME), np.uint64(0))
    permuted &= np.uint64(LARGEST)
    signed[list(waiting)] = np.minimum.reduceat(permuted, starts, axis=0)


def _hash32(shingle: bytes) -> int:
    digest = hashlib.sha1(shingle, usedforsecurity=False).digest()
    # as datasketch's sha1_hash32
    return int.from_bytes(digest[:4], "little")


@functools.lru_cache(maxsize=4)
def permutations(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and the summands, uint64 `[count]`, drawn in pairs as datasketch does."""
    # datasketch's generator and seed; the newer generators draw other numbers
    generator = np.random.RandomState(seed=42)
    drawn = np.empty((count, 2), dtype=np.uint64)
    for pair in drawn:
        pair[0] = generator.randint(1, PRIME, dtype=np.uint64)
        pair[1] = generator.randint(0, PRIME, dtype=np.uint64)
    return drawn[:, 0], drawn[:, 1]


def bands_of(settings: Measuring) -> tuple[int, int]:
    """Return the number of bands and the rows of each."""
    # both or neither: one alone leaves the other undetermined
    if settings.num_bands is not None and settings.num_rows_per_band is not None:
        return settings.num_bands, settings.num_rows_per_band
    return best_bands(settings.jaccard_threshold, settings.num_permutations)


@functools.lru_cache(maxsize=16)
def best_bands(threshold: float, permutation_count: int) -> tuple[int, int]:
    """Return (bands, rows) that err least about which texts are at least `threshold` alike.

    The error is the mean of two chances: to join what is below and to miss what is above. Both
    are integrals over the similarity s of 1 - (1 - s^rows)^bands and its complement, taken here
    at Gauss-Legendre points.
    """
    points, weights = np.polynomial.legendre.leggauss(128)  # on [-1, 1]
    below = (points + 1) / 2 * threshold
    above = threshold + (points + 1) / 2 * (1 - threshold)
    best = (1, 1)
    smallest = np.inf
    for bands in range(1, permutation_count + 1):
        rows = np.arange(1, permutation_count // bands + 1)[:, None]  # [choices, 1]
        # [choices, points]: the chance that a pair this similar shares at least one band, or none
        join_chance = 1 - (1 - below**rows) ** bands
        miss_chance = (1 - above**rows) ** bands
        joined = (weights * join_chance).sum(axis=1) * threshold / 2
        missed = (weights * miss_chance).sum(axis=1) * (1 - threshold) / 2
        errors = (joined + missed) / 2
        choice = int(errors.argmin())
        if errors[choice] < smallest:
            best = (bands, choice + 1)
            smallest = float(errors[choice])
    return best
