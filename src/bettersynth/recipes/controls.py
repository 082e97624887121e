"""Controls for experiments on the filter: what no recipe can see, and what none would choose."""

from __future__ import annotations

import zlib

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.planted_captions import planted_rows
from bettersynth.data.tables.planted import PLANTED
from bettersynth.errors import UserError
from bettersynth.recipes.decisions import Decisions, drawn_only
from bettersynth.recipes.left_out import ORACLE, RANDOM


def drop_planted(decisions: Decisions, ids: pa.ChunkedArray) -> None:
    """Drop the planted mismatches under the rule `oracle`.

    Raises:
        UserError: the source plants none.
    """
    planted = planted_rows(ids)
    if planted is None:
        raise UserError(
            f"filter.oracle needs {PLANTED}; only sources with planted mismatches have it"
        )
    decisions.drop(np.flatnonzero(planted), ORACLE, "planted mismatch")
    decisions.surviving[ORACLE] = int(decisions.kept.sum())


def draw_as_many(decisions: Decisions, seed: int) -> Decisions:
    """Return decisions that keep as many rows, drawn at random from all that lines decide on."""
    rng = np.random.default_rng([seed, zlib.crc32(b"filter.control")])
    rows = len(decisions.kept)
    judged = np.ones(rows, dtype=bool) if decisions.judged is None else decisions.judged
    drawn = ~judged
    # as many as the recipe keeps: the control differs in which, not in how many
    drawn[rng.choice(np.flatnonzero(judged), len(decisions.left), replace=False)] = True
    return drawn_only(drawn, RANDOM)
