"""One training shows nothing of how another would come out; an experiment with several seeds may
lend its spread.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import picture_scores


def require_spread(items: pa.Table, name: str) -> pa.Table:
    """Return the items of the experiment `name`, which several seeds answered.

    Raises:
        UserError: one seed alone did.
    """
    seeds = len(set(items["seed"].to_pylist()))
    if seeds < 2:
        raise UserError(
            f"--seed-spread {name}: it has one seed, which shows no spread; "
            "name an experiment with two or more"
        )
    return items


def lent(items: pa.Table | None, benchmark: str, protocol: str) -> np.ndarray | None:
    """Return the scores `[seeds, pictures]` that lend their spread; None without an experiment."""
    return None if items is None else picture_scores(items, benchmark, protocol)


def training_part(seeds: int, borrowed: bool) -> str:
    """Return in words what intervals know of the training: they \"leave ...\", \"borrow ...\" or
    \"hold ...\".
    """
    if seeds > 1:
        return f"hold how {seeds} trainings differ, and the pictures"
    if borrowed:
        return "borrow from --seed-spread how trainings differ, and hold the pictures"
    return (
        "leave the training out: they hold the pictures alone, and another seed may come out "
        "otherwise (`--seed-spread EXPERIMENT` borrows how seeds differ)"
    )
