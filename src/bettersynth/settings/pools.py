"""A file of `conf/pools`: which parts of the pool are trained on and compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.search import Tracker
from bettersynth.settings.seeds import read_seeds

# with two seeds Student's t shows no difference that a recipe makes
TOO_FEW_SEEDS = 2
# overrides that no run would go by, or that would leave nothing to compare
NO_OVERRIDES = {
    "seeds": "the line seeds says which",
    "experiment": "the line experiment says which",
    "control": "every pool would be drawn at random",
    "mix.control": "every pool would be drawn at random",
    "pretrain.visits": "stage 1 would train as long whatever the line visits says",
}


@dataclass(frozen=True, kw_only=True)
class ConfirmSettings:
    """How many `rules`, those of the largest difference, are trained again on fresh `seeds`, with
    the experiment's own visits.
    """

    BOUNDS: ClassVar = {"rules": (1, 1000)}

    rules: int
    seeds: list[int]


@dataclass(frozen=True, kw_only=True)
class PoolsSettings:
    """`experiment` (null: the default) and Hydra's `overrides` say what all runs share; each has
    its own filter.

    The pool is cut into thirds by each of `stats` (names such as text_len). The best third of each
    of the best `combine` stats is then combined with the others', and the best part of all is
    repeated as often as `repeats` say. `leave_one_out` also runs the experiment's recipe without
    each of its rules, and with each alone. `visits` of stage 1 are the experiment's own where they
    are null. To one seed the experiment `seed_spread` lends how much seeds differ. `tracker` logs
    the trials there too.
    """

    BOUNDS: ClassVar = {"visits": (1, 10**9), "combine": (1, 6)}

    experiment: str | None
    stats: list[str]
    seeds: list[int]
    combine: int
    repeats: list[int]
    leave_one_out: bool
    visits: int | None = None
    overrides: list[str] = field(default_factory=list)
    confirm: ConfirmSettings | None = None
    seed_spread: str | None = None
    tracker: Tracker | None = None


def require_consistent(settings: PoolsSettings, where: str) -> None:
    """Pass if the parts of the file `where` go together.

    Raises:
        UserError: nothing to run, a stat or a repeat twice, repeats that are none, more stats to
            combine than there are, overrides that no run would go by, or seeds that show nothing.
    """
    _require_seeds(settings.seeds, where)
    if not settings.stats and not settings.leave_one_out:
        raise UserError(
            f"{where}: stats is empty and leave_one_out false, so that there is nothing to run"
        )
    if len(set(settings.stats)) < len(settings.stats):
        raise UserError(f"{where}: stats names one twice: {', '.join(settings.stats)}")
    wrong = [times for times in settings.repeats if times < 2]
    if wrong:
        raise UserError(f"{where}: repeats holds {wrong[0]}; the best part once is run anyway")
    if len(set(settings.repeats)) < len(settings.repeats):
        raise UserError(f"{where}: repeats holds one twice: {settings.repeats}")
    # without stats nothing is combined, whatever it says
    if settings.stats and settings.combine > len(settings.stats):
        raise UserError(
            f"{where}: combine is {settings.combine}, but stats names {len(settings.stats)}; "
            f"give {len(settings.stats)} or fewer, or more stats"
        )
    _require_overrides(settings, where)
    if settings.repeats and not settings.stats:
        raise UserError(f"{where}: repeats needs stats: it repeats the best of their thirds")
    if settings.seed_spread and len(settings.seeds) > 1:
        raise UserError(f"{where}: seed_spread is for one seed; seeds has {len(settings.seeds)}")
    if settings.confirm:
        _require_confirm(settings, where)


def _require_overrides(settings: PoolsSettings, where: str) -> None:
    refused = dict(NO_OVERRIDES)
    if not settings.leave_one_out:
        refused["filter.recipe"] = "each run has a recipe of its own"
    # what is confirmed has the experiment's own visits
    if settings.visits and not settings.confirm:
        refused["mix.visits"] = "the line visits says how many"
    for override in settings.overrides:
        name = override.partition("=")[0].lstrip("+~")
        if name in refused:
            raise UserError(
                f"{where}: overrides may not set {name}: {refused[name]}; leave {override} out"
            )


def _require_confirm(settings: PoolsSettings, where: str) -> None:
    assert settings.confirm
    if not settings.leave_one_out:
        raise UserError(f"{where}: confirm needs leave_one_out: it trains its rules again")
    seeds = settings.confirm.seeds
    _require_seeds(seeds, f"{where}.confirm")
    known = sorted(set(seeds) & set(settings.seeds))
    if known:
        raise UserError(f"{where}: confirm.seeds must be fresh, but seeds has {known[0]} too")


def _require_seeds(seeds: list[int], where: str) -> None:
    try:
        read_seeds(seeds)
    except UserError as error:
        raise UserError(f"{where}: {str(error).removeprefix('params.yaml: ')}") from None
    if len(seeds) == TOO_FEW_SEEDS:
        raise UserError(
            f"{where}: two seeds show no difference (Student's t with one degree of freedom); "
            "give one, or three and more"
        )
