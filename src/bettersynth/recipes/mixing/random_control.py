"""The random control of a mix: as many captions of each source as the recipe, drawn blindly."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from bettersynth.recipes.decisions import Decisions, drawn_only
from bettersynth.recipes.mixing.candidates import Candidates

CONTROL = "random control"


@dataclass(frozen=True)
class Draw:
    """Which rows were drawn, bool `[rows]`, and the position of the new caption that each has,
    int64 `[rows]`, -1 for its own and where it is not drawn.
    """

    drawn: np.ndarray
    chosen: np.ndarray


def draw_control(
    original: int, exchanged: int, candidates: Candidates, offered: np.ndarray, seed: int
) -> Draw:
    """Return `original` + `exchanged` rows of those that are `offered`, bool `[rows]`, drawn
    evenly.

    New captions are drawn first, from the rows that have any; the originals from all the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.control")])
    drawn = np.zeros(len(offered), dtype=bool)
    chosen = np.full(len(offered), -1)
    # new captions first: rows that have any are the fewer
    if exchanged:
        by_row = np.argsort(candidates.row, kind="stable")
        rows = candidates.row[by_row]
        described = np.unique(rows)
        for row in rng.choice(described[offered[described]], exchanged, replace=False):
            first, end = np.searchsorted(rows, [row, row + 1])
            chosen[row] = rng.choice(by_row[first:end])
            drawn[row] = True
    others = np.flatnonzero(offered & ~drawn)
    drawn[rng.choice(others, original, replace=False)] = True
    return Draw(drawn, chosen)


def decisions_of_draw(draw: Draw, judged: np.ndarray) -> Decisions:
    """Return decisions over all rows that keep the drawn ones, and those that are not `judged`
    (bool `[rows]`).
    """
    decisions = drawn_only(draw.drawn | ~judged, CONTROL)
    decisions.judged = judged
    return decisions
