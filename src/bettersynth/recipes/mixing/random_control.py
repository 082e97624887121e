"""The random control of a mix: as many captions of each source as the recipe, drawn blindly."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from bettersynth.recipes.decisions import Decisions, drawn_only
from bettersynth.recipes.mixing.candidates import Candidates

CONTROL = "random control"


def draw_control(
    original: int, exchanged: int, candidates: Candidates, rows: Sequence[int], seed: int
) -> dict[int, int | None]:
    """Return `original` + `exchanged` of the `rows`, drawn evenly.

    Each has None (its own caption) or the position of a drawn new caption. New captions are drawn
    first, from the rows that have any; the originals from all the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.control")])
    # new captions first: rows that have any are the fewer
    drawn: dict[int, int | None] = {}
    if exchanged:
        offered = sorted(set(candidates.of_row) & set(rows))
        for row in rng.choice(offered, exchanged, replace=False).tolist():
            drawn[row] = int(rng.choice(candidates.of_row[row]))
    others = [row for row in rows if row not in drawn]
    for row in rng.choice(others, original, replace=False).tolist():
        drawn[row] = None
    return drawn


def captions_of_draw(draw: Mapping[int, int | None]) -> dict[int, int]:
    """Return the position of the drawn new caption of each row that has one."""
    return {row: position for row, position in draw.items() if position is not None}


def decisions_of_draw(draw: Mapping[int, int | None], judged: np.ndarray) -> Decisions:
    """Return decisions over all rows that keep the drawn ones, and those that are not `judged`
    (bool `[rows]`).
    """
    drawn = ~judged
    drawn[list(draw)] = True
    decisions = drawn_only(drawn, CONTROL)
    decisions.judged = judged
    return decisions
