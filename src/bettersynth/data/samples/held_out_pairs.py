"""Clean pairs that no training of the model sees: what a trained stage 1 is asked about.

They come from the reference split, whose pictures are in no other split and whose captions are
right. The scorer and the captioner learned from it, so that a recipe may know its words, but never
its pictures.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.samples import SAMPLES, read_samples
from bettersynth.errors import UserError


class HeldOutPair(NamedTuple):
    """One picture and its caption."""

    id: str
    caption: str
    image: str  # of a picture of the pool


def held_out_groups(groups: int, size: int, seed: int = 0) -> list[list[HeldOutPair]]:
    """Return `groups` groups of `size` pairs of the reference split, the same for equal pools.

    All captions and concepts differ, so that no picture of a group fits another's caption.

    Raises:
        UserError: the reference split has too few such pairs.
    """
    kept = []
    told: set[str] = set()
    for row in _drawn_rows(seed):
        caption = caption_of_text(row["text"])
        # one concept has a picture in each style
        meanings = {caption.lower(), row["concept"].lower()} - {""}
        if not row["images"] or not caption or meanings & told:
            continue
        told |= meanings
        kept.append(HeldOutPair(row["id"], caption, row["images"][0]))
    if len(kept) < groups * size:
        raise UserError(
            f"{SAMPLES} has {len(kept)} pairs of different concepts in its split `reference`, "
            f"{groups * size} are needed; nano's pool has them (`source=clipart`)"
        )
    return [kept[start : start + size] for start in range(0, groups * size, size)]


def _drawn_rows(seed: int) -> list[dict[str, str]]:
    """Return the rows of the reference split in an order that the seed draws."""
    columns = ["id", "text", "images", "concept", "split"]
    rows = [row for row in read_samples(columns).to_pylist() if row["split"] == "reference"]
    rng = np.random.default_rng([seed, zlib.crc32(b"held-out pairs")])
    return [rows[place] for place in rng.permutation(len(rows))]
