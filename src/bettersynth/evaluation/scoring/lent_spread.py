"""One training shows nothing of how another would come out; an experiment with several seeds may
lend its spread.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import has_reading, picture_scores


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


def require_same_text(spread: pa.Table | None, is_read_apart: bool) -> None:
    """Pass if the experiment that lends its spread answered the same kind of TextVQA questions.

    `is_read_apart`: whether those that borrow are things that must be seen, beside reading.

    Raises:
        UserError: one asks about things, the other about words alone.
    """
    if spread is not None and has_reading(spread) != is_read_apart:
        kinds = {True: "things that must be seen", False: "words that are read"}
        raise UserError(
            f"--seed-spread: TextVQA is {kinds[not is_read_apart]} there, but "
            f"{kinds[is_read_apart]} here; name an experiment of the same benchmark"
        )


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
