"""One row that the nano decoder learns from, and how hard rows are at one point of training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# positions of the simulated picture: a 4x4 grid, row-major
SLOTS = 16
SIDE = 4
# words in one slot at most
BLEND = 4
# behind <bos> <start_of_turn> user \n
FIRST_SLOT = 4

Tokens = tuple[int, ...]


class Picture(NamedTuple):
    """A simulated picture: each slot is the weighted sum of word embeddings, weight 0 nothing."""

    ids: list[list[int]]  # [16, 4], token ids
    weights: list[list[float]]  # [16, 4]


NO_PICTURE = Picture([], [])


@dataclass
class Row:
    """One training row; a row with `NO_PICTURE`'s empty slots is plain text."""

    ids: list[int]
    answers: list[int]  # supervised positions of `ids`
    told: int  # how many of them, from the first on, carry content
    slot_ids: Sequence[Sequence[int]]  # [16, 4]
    slot_weights: Sequence[Sequence[float]]  # [16, 4]
    noise: float  # standard deviation relative to the root mean square of the embeddings
    kind: str
    listed: Tokens = ()  # first tokens a guesser may pick from: letters, or the listed OCR words


@dataclass(frozen=True)
class Mixture:
    """How hard the simulated pictures are and how often each task comes."""

    shares: dict[str, float] = field(
        default_factory=lambda: {"describe": 0.3, "letters": 0.45, "signs": 0.25}
    )
    multi_word: float = 1.0  # share of rows whose concepts may have several words
    noise: float = 1.5  # largest noise of the noisy rows
    clean: float = 0.3  # share of rows without noise
    clutter: float = 1.0  # scale of distractor words, empty slots and blends
    max_signs: int = 3
    color: float = 0.55  # share of sign rows that ask by colour
    plain_colors: bool = False  # the three colour tasks see clean slots, whatever the others see


def bucketed_batches(rows: list[Row], size: int, rng: random.Random) -> list[list[Row]]:
    """Cut the rows into batches of near-equal length, in random order.

    Rows with and without a picture are in batches apart.
    """
    with_picture = [row for row in rows if row.slot_ids]
    text = [row for row in rows if not row.slot_ids]
    batches = []
    for kind in (with_picture, text):
        # rows of like length side by side: a batch is padded to its longest
        kind.sort(key=lambda row: len(row.ids))
        batches += [kind[start : start + size] for start in range(0, len(kind), size)]
    rng.shuffle(batches)
    return batches
