"""Planted mismatches: captions of the pool that are swapped, so that filters can be judged."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.sources.pair import Pair
from bettersynth.errors import UserError

# of exchanging captions that came to their own
ROUNDS = 100


def plant(pairs: Sequence[Pair], share: float, seed: int) -> list[int]:
    """Return for each pair the index of the one whose text it carries, mostly its own.

    `round(share * pairs)` pairs with one image are drawn and their texts swapped among each other,
    so that none carries the caption or the concept of its own.

    Raises:
        UserError: a share outside 0-1, or too few different captions to swap.
    """
    if not 0 <= share <= 1:
        raise UserError(f"params.yaml: pool.planted_share is {share}; it must lie between 0 and 1")
    rng = np.random.default_rng([seed, zlib.crc32(b"planted")])
    # With several images, a text's image tokens would not fit another pair.
    single = [row for row, pair in enumerate(pairs) if len(pair.pictures) == 1]
    drawn = np.array(single, dtype=np.int64)[rng.permutation(len(single))]
    drawn = drawn[: round(share * len(pairs))]
    donors = drawn[rng.permutation(len(drawn))]
    captions = [caption_of_text(pair.text).casefold() for pair in pairs]

    def alike(row: int, donor: int) -> bool:
        concept = pairs[row].concept
        same_concept = concept != "" and concept == pairs[donor].concept
        return captions[row] == captions[donor] or same_concept

    for _ in range(ROUNDS):
        clashes = [place for place in range(len(drawn)) if alike(drawn[place], donors[place])]
        if not clashes:
            break
        for place in clashes:
            other = int(rng.integers(len(drawn)))
            # a swap keeps it a permutation: each caption is carried once
            donors[place], donors[other] = donors[other], donors[place]
    else:
        raise UserError(
            f"params.yaml: pool.planted_share={share} draws {len(drawn)} pairs with too few "
            "different captions to swap; lower it"
        )
    carried = list(range(len(pairs)))
    for row, donor in zip(drawn, donors, strict=True):
        carried[row] = int(donor)
    return carried


def planted_rows(pairs: Sequence[Pair], carried: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows of the table of planted mismatches; `carried` is as `plant` returns it."""
    rows = []
    for own, (pair, donor) in enumerate(zip(pairs, carried, strict=True)):
        planted = donor != own
        rows.append(
            {
                "id": pair.id,
                "planted": planted,
                "original_text": pair.text,
                "donor_id": pairs[donor].id if planted else "",
            }
        )
    return rows
