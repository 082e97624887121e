"""What each rule of a recipe is worth: the recipe without it, and the rule alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import Record
from bettersynth.experiments.search.space import operator_of
from bettersynth.experiments.studies.arms import Arm, ArmResult, Pair, seen_score
from bettersynth.recipes.stats_section import NAME
from bettersynth.settings.pools import ConfirmSettings

ALL_RULES = "all-rules"
NO_RULE = "no-rule"
CONFIRMED = "-confirmed"


@dataclasses.dataclass(frozen=True)
class LeftOutRule:
    """A rule of the recipe at `place`, and the two arms that tell what it is worth.

    `stat` is what it goes by: its operator's own, or the one of another name that its line chooses.
    `words` call it as no other rule is called.
    """

    place: int
    operator: str
    stat: str
    words: str

    @property
    def without(self) -> str:
        """The name of the arm with all rules but this one."""
        return f"without-{self.place}-{self.operator}"

    @property
    def alone(self) -> str:
        """The name of the arm with this rule alone."""
        return f"alone-{self.place}-{self.operator}"


def rules_of(recipe: Sequence[Mapping[str, Any]]) -> list[LeftOutRule]:
    """Return the rules of a recipe.

    Raises:
        UserError: it has fewer than two.
    """
    if len(recipe) < 2:
        raise UserError(
            f"leave_one_out: the experiment's filter.recipe has {len(recipe)} rules; it takes two"
        )
    stats = [_stat_of(line) for line in recipe]
    rules = []
    for place, (line, stat) in enumerate(zip(recipe, stats, strict=True)):
        words = stat if stats.count(stat) == 1 else f"{stat} (line {place + 1})"
        rules.append(LeftOutRule(place, operator_of(line), stat, words))
    return rules


def _stat_of(line: str | Mapping[str, Any]) -> str:
    operator = operator_of(line)
    settings = line.get(operator) if isinstance(line, Mapping) else None
    return str((settings or {}).get(NAME) or operator)


def rule_arms(recipe: Sequence[dict[str, Any]]) -> list[Arm]:
    """Return the whole recipe, none of it, and for each rule the recipe without it and it alone.

    Raises:
        UserError: the recipe has fewer than two rules.
    """
    rules = rules_of(recipe)
    arms = [Arm(ALL_RULES, "all rules", list(recipe)), Arm(NO_RULE, "no rule", [])]
    for rule in rules:
        others = [*recipe[: rule.place], *recipe[rule.place + 1 :]]
        arms.append(Arm(rule.without, f"all rules but {rule.words}", others))
        arms.append(Arm(rule.alone, f"{rule.words} alone", [recipe[rule.place]]))
    return arms


def rule_pairs(recipe: Sequence[dict[str, Any]], costs: Mapping[str, Record | None]) -> list[Pair]:
    """Return what is asked of each rule; `costs` hold by stage what measuring took."""
    pairs = []
    for rule in rules_of(recipe):
        record = costs.get(f"stats@{rule.stat}")
        seconds = None if record is None else record.get("cpu_seconds")
        question = f"all rules beside all but {rule.words}"
        pairs.append(Pair(ALL_RULES, rule.without, rule.words, question, seconds))
        question = f"{rule.words} alone beside no rule"
        pairs.append(Pair(rule.alone, NO_RULE, rule.words, question, seconds))
    return pairs


def confirming_arms(
    arms: Sequence[Arm],
    results: Mapping[str, ArmResult],
    rules: Sequence[LeftOutRule],
    confirm: ConfirmSettings,
    visits: int,
) -> tuple[list[Arm], list[Pair]]:
    """Return the recipe with and without the rules of the largest difference on the seen half,
    trained on fresh seeds with `visits`, and their questions.

    `arms` are those of `rule_arms`; a rule whose arm failed is not confirmed.
    """
    whole = seen_score(results[ALL_RULES])
    differences: list[tuple[float, LeftOutRule]] = []
    for rule in rules:
        left = seen_score(results[rule.without])
        if whole is not None and left is not None:
            differences.append((abs(whole - left), rule))
    differences.sort(key=lambda row: -row[0])
    chosen = [rule for _, rule in differences[: confirm.rules]]
    by_name = {arm.name: arm for arm in arms}
    fresh = []
    pairs = []
    for name in [ALL_RULES, *[rule.without for rule in chosen]]:
        arm = by_name[name]
        words = f"{arm.words}, fresh seeds and {visits:,} visits"
        fresh.append(Arm(name + CONFIRMED, words, arm.recipe, visits, tuple(confirm.seeds)))
    for rule in chosen:
        question = f"all rules beside all but {rule.words}, fresh seeds and {visits:,} visits"
        with_rule, without = ALL_RULES + CONFIRMED, rule.without + CONFIRMED
        pairs.append(Pair(with_rule, without, rule.words, question))
    return (fresh, pairs) if chosen else ([], [])
