"""A file of `conf/search`: what a search may vary, what it looks for, and what it may cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from bettersynth.errors import UserError
from bettersynth.settings.reading import SEEDS

Tracker = Literal["mlflow", "wandb"]
"""Where trials are logged beside DVC."""
Ranking = Literal["own", "together"]
"""By what is measured at a rung alone, or by all that was measured so far of all candidates."""

# what no candidate decides, and what does
OWNED = {
    "seeds": "the ladder, race_seeds and fresh_seeds say which",
    "mix.visits": "the rungs of the ladder say how many",
    "pretrain.visits": "the rungs of the ladder say how many",
    "experiment": "the line experiment says what all candidates start from",
    "scale": "the experiment that all candidates start from may choose it",
}
# of a step or of a range: decimals are no binary numbers
HAIR = 1e-9


@dataclass(frozen=True, kw_only=True)
class VariedSettings:
    """Either `choices`, or the range from `low` to `high`, ends included.

    `step` makes a range one of steps, two whole ends one of whole numbers; `log` draws it evenly
    over its logarithms.
    """

    choices: list[Any] | None = None
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = None
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class RungSettings:
    """One fidelity: each candidate is trained on `seeds` seeds with `visits` of stage 1.

    Of what was measured here, `keep` candidates go on: the best by the first objective on the seen
    half or, with a `measure` of `bettersynth fidelity`, by what stage 1 alone shows.
    """

    BOUNDS: ClassVar = {
        "visits": (1, 10**9),
        "seeds": (1, 1000),
        "keep": (1, 10**6),
    }

    visits: int
    seeds: int
    keep: int
    measure: str | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """What all trials together may take; at least one of both is set."""

    BOUNDS: ClassVar = {"cpu_seconds": (1, 10**12), "gpu_seconds": (1, 10**12)}

    cpu_seconds: float | None = None
    gpu_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """`experiment` is what candidates start from (null: the default) and what the winner is held
    against. `vary` holds settings by dotted name; each of `rules`, operators of its recipe, may be
    in or out. `objectives` are keys of score.json, or cpu_seconds; the first decides.

    `candidates` enter the first rung of `ladder`, asked for `batch` at once. Those that the last
    rung keeps race with the last rung's visits, up to `race_seeds` seeds. The winner is confirmed
    on `fresh_seeds` others. `tracker` logs the trials there too. `evidence` says by what scores
    candidates are kept and the winner is chosen.
    """

    # with two fresh seeds Student's t shows no difference that a recipe makes
    BOUNDS: ClassVar = {
        "candidates": (1, 10**6),
        "batch": (1, 1000),
        "race_seeds": (1, 1000),
        "fresh_seeds": (3, 1000),
        "seed": SEEDS,
    }

    experiment: str | None
    vary: dict[str, VariedSettings]
    rules: list[str] = field(default_factory=list)
    objectives: list[str]
    budget: BudgetSettings
    candidates: int
    batch: int
    ladder: list[RungSettings]
    race_seeds: int
    fresh_seeds: int
    seed: int
    tracker: Tracker | None = None
    evidence: Ranking = "own"


def require_consistent(search: SearchSettings, where: str) -> None:
    """Pass if the parts of a search go together.

    Raises:
        UserError: nothing varies, what no candidate decides does, an empty range, no rung, one
            that would train less than the rung before, or a last one that gives no scores to race
            by.
    """
    if not search.vary and not search.rules:
        raise UserError(f"{where} varies nothing; name settings under vary, or rules")
    for name, varied in search.vary.items():
        _require_free(name, where)
        _require_range(varied, f"{where}.vary.{name}")
    budget = search.budget
    if budget.cpu_seconds is None and budget.gpu_seconds is None:
        raise UserError(f"{where}.budget needs cpu_seconds or gpu_seconds")
    if not search.objectives or len(set(search.objectives)) < len(search.objectives):
        raise UserError(f"{where}.objectives must name one key of score.json or more, each once")
    if not search.ladder:
        raise UserError(f"{where}.ladder is empty; it needs a rung: {{visits, seeds, keep}}")
    entering = search.candidates
    seeds = 0
    for number, rung in enumerate(search.ladder):
        place = f"{where}.ladder[{number}]"
        # other seeds than those of a cheap measure are no fewer trainings
        if number and rung.measure == search.ladder[number - 1].measure and rung.seeds < seeds:
            raise UserError(f"{place}.seeds is {rung.seeds}; the rung before has {seeds}")
        if rung.keep > entering:
            raise UserError(f"{place}.keep is {rung.keep}, but {entering} candidates enter it")
        entering, seeds = rung.keep, rung.seeds
    if search.ladder[-1].measure is not None:
        raise UserError(
            f"{where}.ladder: the last rung ranks by {search.ladder[-1].measure}, but the race "
            "after it goes by scores; add a rung without measure"
        )
    if search.evidence == "together" and len(search.objectives) > 1:
        raise UserError(
            f"{where}.evidence is together, which expects one objective, and objectives has "
            f"{len(search.objectives)}; leave evidence out"
        )
    if search.race_seeds < seeds:
        raise UserError(f"{where}.race_seeds is {search.race_seeds}; the last rung has {seeds}")


def _require_free(name: str, where: str) -> None:
    if name in OWNED:
        raise UserError(f"{where}.vary: {name} may not vary: {OWNED[name]}; leave it out")
    if name.startswith(("+", "~")):
        raise UserError(
            f"{where}.vary: {name} would add or remove a setting; name one that the experiment "
            "has, without + or ~"
        )


def _require_range(varied: VariedSettings, where: str) -> None:
    if varied.choices is not None:
        if any(value is not None for value in (varied.low, varied.high, varied.step)):
            raise UserError(f"{where} has both choices and a range; give one of them")
        if len(varied.choices) < 2:
            raise UserError(f"{where}.choices needs two values or more")
        for choice in varied.choices:
            _require_plain(choice, f"{where}.choices")
        return
    if varied.low is None or varied.high is None:
        raise UserError(f"{where} needs choices, or low and high")
    if varied.low >= varied.high:
        raise UserError(f"{where} is empty: low {varied.low} is not below high {varied.high}")
    if varied.step is not None and not 0 < varied.step <= varied.high - varied.low:
        raise UserError(f"{where}.step is {varied.step}; it must be above 0 and within the range")
    if varied.step is not None:
        _require_even_steps(varied.low, varied.high, varied.step, where)
    if varied.log and (varied.step is not None or varied.low <= 0):
        raise UserError(f"{where}.log needs low above 0, and no step")


def _require_even_steps(low: float, high: float, step: float, where: str) -> None:
    """Refuse steps that whole numbers do not take, and those that pass by `high`."""
    if isinstance(low, int) and isinstance(high, int) and step % 1:
        raise UserError(
            f"{where}.step is {step}, but two whole ends draw whole numbers; write low: "
            f"{float(low)}, high: {float(high)}"
        )
    if abs(math.remainder(high - low, step)) > HAIR * (high - low):
        last = low + (high - low) // step * step
        raise UserError(
            f"{where}.step is {step}, which from low {low} never comes to high {high}; write "
            f"high: {round(last, 12)}, or another step"
        )


def _require_plain(value: Any, where: str) -> None:
    """Refuse what neither JSON nor Hydra has a word for, such as YAML's dates, sets and bytes."""
    if isinstance(value, list):
        for inner in value:
            _require_plain(inner, where)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise UserError(f"{where}: the name {name!r} is no text; quote it")
            _require_plain(inner, where)
    elif not isinstance(value, str | int | float | None):
        raise UserError(
            f"{where} holds {value!r}; null, true, false, numbers, text, lists and mappings may "
            "stand there (text in quotes)"
        )
