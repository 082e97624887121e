"""Keep the first of the samples whose texts have close SimHashes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.groups import first_of_components
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.shingles import shingle_function
from bettersynth.measuring.text.simhash import simhash
from bettersynth.measuring.text.user_patterns import compile_pattern

VERSION = 1
READS = ("text",)
STATS = ("__dj__simhash",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`compat: data_juicer` gives texts with fewer parts than `window_size` the hash 0.

    So all of them are duplicates of each other; otherwise such a text is one shingle.
    """

    # a window of no parts would make all texts equal
    BOUNDS: ClassVar = {"window_size": (1, 1_000_000)}

    tokenization: Literal["space", "punctuation", "character"] = "space"
    window_size: int = 6
    lowercase: bool = True
    ignore_pattern: str | None = None
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        if self.ignore_pattern:
            # a mistake is told before the first row
            compile_pattern(self.ignore_pattern, "ignore_pattern")


@dataclass(frozen=True)
class Deciding:
    """Texts whose hashes differ in at most `hamming_distance` of 64 bits are joined.

    `num_blocks`, more than that, only sets the speed.
    """

    num_blocks: int = 6
    hamming_distance: int = 4

    def __post_init__(self) -> None:
        # As many blocks as bits that may differ, or fewer, find nothing
        if not 0 <= self.hamming_distance < self.num_blocks <= 64:
            raise UserError(
                f"document_simhash_deduplicator: hamming_distance {self.hamming_distance} "
                f"must be below num_blocks {self.num_blocks}"
            )


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `__dj__simhash`: 64 bits as a decimal string, "0" for a text without shingles."""
    shingles = shingle_function(
        settings.tokenization,
        settings.window_size,
        settings.lowercase,
        settings.ignore_pattern,
        "",
        settings.compat != "data_juicer",
    )
    # as text: 64 bits without a sign fit no integer column
    return {"__dj__simhash": [str(simhash(shingles(text))) for text in batch.texts]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: the first of each group.

    Groups are connected: two texts of one may differ in more bits than `hamming_distance`.
    """
    first = originals(values, settings)
    return first == np.arange(len(first))


def originals(values: Values, settings: Deciding) -> np.ndarray:
    """Return the first text of each one's group, int64 `[texts]`."""
    hashes = np.array([int(value) for value in values["__dj__simhash"]], dtype=np.uint64)
    if len(hashes) < 2:
        return np.arange(len(hashes))
    # equal hashes are one for the search: a thousand copies would be a million pairs
    different, rows = np.unique(hashes, return_inverse=True)
    pairs = close_pairs(different, settings.num_blocks, settings.hamming_distance)
    # every row is joined with the first row of its hash, and those rows by the pairs of hashes
    first = np.full(len(different), len(hashes))
    np.minimum.at(first, rows, np.arange(len(hashes)))
    same = np.stack([first[rows], np.arange(len(hashes))])
    edges = np.concatenate([same, first[pairs]], axis=1)
    return first_of_components(len(hashes), edges)


def close_pairs(hashes: np.ndarray, blocks: int, distance: int) -> np.ndarray:
    """Return int `[2, pairs]`: positions of all pairs that differ in at most `distance` bits.

    `hashes` uint64 `[hashes]` are all different. Such a pair agrees in at least
    `blocks - distance` of the blocks that the 64 bits are cut into; each choice of blocks is
    sorted, and only neighbours with equal blocks are compared.
    """
    # blocks of nearly equal width: unequal ones would leave long runs of equal keys
    cuts = [64 * block // blocks for block in range(blocks + 1)]
    masks = [((1 << (end - start)) - 1) << start for start, end in itertools.pairwise(cuts)]
    pairs = []
    for chosen in itertools.combinations(masks, blocks - distance):
        keys = hashes & np.uint64(sum(chosen))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        # those whose neighbour `step` places on has the same key; equal keys lie side by side,
        # so that who has none here has none further on
        near = np.arange(len(hashes) - 1)
        for step in range(1, len(hashes)):
            near = near[near + step < len(hashes)]
            near = near[keys[near] == keys[near + step]]
            if not len(near):
                break
            first = order[near]
            second = order[near + step]
            close = np.bitwise_count(hashes[first] ^ hashes[second]) <= distance
            pairs.append(np.stack([first[close], second[close]]))
    if not pairs:
        return np.empty((2, 0), dtype=np.int64)
    return np.concatenate(pairs, axis=1)
