"""What each rule of a recipe is worth: the recipe without it, and the rule alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import Record
from bettersynth.experiments.studies.arms import Arm, Pair

FULL = "all-rules"
NONE = "no-rule"


def rule_arms(recipe: Sequence[dict[str, Any]]) -> list[Arm]:
    """Return the whole recipe, none of it, and for each rule the recipe without it and it alone.

    Raises:
        UserError: the recipe has fewer than two rules.
    """
    if len(recipe) < 2:
        raise UserError(
            f"the experiment's filter.recipe has {len(recipe)} rules; leave_one_out takes two"
        )
    arms = [Arm(FULL, "all rules", list(recipe)), Arm(NONE, "no rule", [])]
    for place, rule in enumerate(recipe):
        name = rule_name(rule)
        others = [other for where, other in enumerate(recipe) if where != place]
        arms.append(Arm(f"without-{place}-{name}", f"all rules but {name}", others))
        arms.append(Arm(f"alone-{place}-{name}", f"{name} alone", [rule]))
    return arms


def rule_pairs(recipe: Sequence[dict[str, Any]], costs: Mapping[str, Record | None]) -> list[Pair]:
    """Return what is asked of each rule; `costs` hold by stage what measuring took."""
    pairs = []
    for place, rule in enumerate(recipe):
        name = rule_name(rule)
        record = costs.get(f"stats@{name}")
        seconds = None if record is None else record.get("cpu_seconds")
        question = f"{name}: all rules, beside all but it"
        pairs.append(Pair(FULL, f"without-{place}-{name}", question, seconds))
        question = f"{name}: alone, beside no rule"
        pairs.append(Pair(f"alone-{place}-{name}", NONE, question, seconds))
    return pairs


def rule_name(rule: str | Mapping[str, Any]) -> str:
    """Return the operator of a recipe's line."""
    return rule if isinstance(rule, str) else next(iter(rule))
