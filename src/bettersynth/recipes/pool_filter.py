"""Applying the recipe to the measured pool, which costs little: stages have measured before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.decisions import write_decisions, write_filter_card
from bettersynth.data.tables.samples import judged_of
from bettersynth.errors import UserError
from bettersynth.recipes.controls import draw_as_many, drop_planted
from bettersynth.recipes.decisions import Decisions, decide, undecided
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import (
    JUDGED_COLUMNS,
    needs_rows,
    pool_values,
    read_pool_recipe,
)
from bettersynth.settings.filter import FilterSettings


def filter_pool(settings: FilterSettings, params: dict[str, Any]) -> None:
    """Write the decisions of `filter.recipe`, and a card that counts them.

    Raises:
        UserError: whatever is wrong with the recipe, or no sample is left.
    """
    lines = read_pool_recipe(settings, params)
    pool = read_pool(() if needs_rows(lines) else JUDGED_COLUMNS)
    ids = pool["id"]
    judged = judged_of(pool)
    decisions = undecided(len(ids), judged)
    # before the recipe's lines: what the oracle takes away, no rule is credited with
    if settings.oracle:
        drop_planted(decisions, ids)
    decisions = decide(lines, pool_values(lines, pool), ids, decisions)
    bounds = {line.label: line.bounds for line in lines}
    print(f"{len(ids):>8,} in the pool")
    if not judged.all():
        print(f"{int((~judged).sum()):>8,} of them are not judged: they stay")
    for label, count in decisions.surviving.items():
        moved = settings.refine.rule and bounds.get(label)
        print(f"{count:>8,} after {label}" + (f" ({bounds[label]})" if moved else ""))
    require_survivors(decisions, lines)
    surviving = dict(decisions.surviving)
    # after the lines, which say how many are drawn
    if settings.control == "random":
        decisions = draw_as_many(decisions, settings.seed)
        print(f"{int(decisions.kept.sum()):>8,} drawn at random instead")
    write_decisions(ids, decisions.kept, decisions.rule, decisions.value, decisions.bound)
    write_filter_card(
        {
            "pool": len(ids),
            "bounds": bounds,
            "surviving": surviving,
            "kept": int(decisions.kept.sum()),
            "dropped_by": decisions.dropped_by(),
        }
    )


def require_survivors(decisions: Decisions, lines: Sequence[Line]) -> None:
    """Pass if a row that lines decide on is left.

    Raises:
        UserError: none is; the rule that dropped most is named.
    """
    dropped = decisions.dropped_by()
    if len(decisions.left) or not dropped:
        return
    rule, count = next(iter(dropped.items()))
    bounds = next((f" ({line.bounds})" for line in lines if line.label == rule), "")
    raise UserError(
        f"no sample is left after filtering; {rule}{bounds} dropped most: "
        f"{count:,} of {len(decisions.rule):,}"
    )
