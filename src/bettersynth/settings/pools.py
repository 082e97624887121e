"""A file of `conf/pools`: which parts of the pool are trained on and compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.seeds import read_seeds


@dataclass(frozen=True, kw_only=True)
class PoolsSettings:
    """`experiment` and Hydra's `overrides` say what all runs share; each has its own filter.

    The pool is cut into thirds by each of `stats` (names such as text_len). The best third of each
    of the best `combine` stats is then combined with the others', and the best of all is repeated
    as often as `repeats` say. `leave_one_out` also runs the experiment's recipe without each of its
    rules, and with each alone. `visits` of stage 1 are the experiment's own where they are null.
    """

    BOUNDS: ClassVar = {"visits": (1, 10**9), "combine": (1, 6)}

    experiment: str
    stats: list[str]
    seeds: list[int]
    combine: int
    repeats: list[int]
    leave_one_out: bool
    visits: int | None = None
    overrides: list[str] = field(default_factory=list)


def require_consistent(settings: PoolsSettings, where: str) -> None:
    """Pass if the parts of the file `where` go together.

    Raises:
        UserError: nothing to run, a stat twice, or repeats that are none.
    """
    read_seeds(settings.seeds)
    if not settings.stats and not settings.leave_one_out:
        raise UserError(
            f"{where}: stats is empty and leave_one_out false, so that there is nothing to run"
        )
    if len(set(settings.stats)) < len(settings.stats):
        raise UserError(f"{where}: stats names one twice: {', '.join(settings.stats)}")
    wrong = [times for times in settings.repeats if times < 2]
    if wrong:
        raise UserError(f"{where}: repeats holds {wrong[0]}; the best pool once is run anyway")
    if settings.repeats and not settings.stats:
        raise UserError(f"{where}: repeats needs stats: it repeats the best of their thirds")
