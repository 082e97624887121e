"""The pairs that nano's scorer and captioner learn from, and the order in which they come.

The reference split's clean captions stand for the pairs that CLIP saw; the pool and its planted
mismatches are never read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.data.tables.samples import SAMPLES, read_samples
from bettersynth.errors import UserError

# fewer teach nothing
MIN_PAIRS = 64


class ReferencePairs(NamedTuple):
    """Pairs of one picture and one caption, in the order of the sample table."""

    pooled: np.ndarray  # float32 [pairs, 1280], of the towers
    captions: list[str]
    concepts: list[str]  # the caption where there is no concept


def reference_pairs() -> ReferencePairs:
    """Return the pairs of the reference split that have a picture and a caption.

    Raises:
        UserError: fewer than `MIN_PAIRS` pairs.
    """
    sha256s, captions, concepts = [], [], []
    for row in read_samples(["text", "image_sha256", "concept", "split"]).to_pylist():
        caption = caption_of_text(row["text"])
        if row["split"] == "reference" and row["image_sha256"] and caption:
            # a reference pair has one picture
            sha256s.append(row["image_sha256"][0])
            captions.append(caption)
            concepts.append(row["concept"] or caption)
    if len(captions) < MIN_PAIRS:
        raise UserError(
            f"{SAMPLES} has {len(captions)} reference pairs; "
            f"the scorer and the captioner need {MIN_PAIRS}"
        )
    store = FeatureStore()
    return ReferencePairs(store.pooled(store.rows(sha256s)), captions, concepts)


def folds(concepts: list[str], seed: int) -> np.ndarray:
    """Return `[concepts]` numbers in 0 to 1, by a hash: equal concepts fall into one fold."""
    hashes = [zlib.crc32(f"{seed} {concept}".encode()) for concept in concepts]
    # crc32 has 32 bits
    return np.array(hashes) / 2**32


def batches(rows: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield `size` distinct rows of `rows` at a time, int `[size]`, forever.

    Where there are fewer, all of them. Every row comes once before any comes again (but for a rest
    that fills no batch).

    Raises:
        UserError: there are no rows.
    """
    if not len(rows):
        raise UserError("all reference pairs are held out; lower held_out, so that some are left")
    size = min(size, len(rows))
    while True:
        order = rng.permutation(rows)
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]
