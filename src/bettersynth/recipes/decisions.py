"""Running the lines of a recipe over measured values: who is kept, and which rule dropped the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bettersynth.measuring.number_rule import number_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line


@dataclass
class Decisions:
    """One entry a row: kept or not, and for dropped rows the first rule that dropped them, their value and the rule's bounds."""

    kept: np.ndarray  # bool [rows]
    rule: list[str]
    value: np.ndarray  # float64 [rows], NaN where there is no number
    bound: list[str]
    surviving: dict[str, int] = field(default_factory=dict)  # rows left after each line, in order


def undecided(rows: int) -> Decisions:
    return Decisions(np.ones(rows, dtype=bool), [""] * rows, np.full(rows, np.nan), [""] * rows)


def decide(
    lines: Sequence[Line],
    values: dict[str, Values],
    ids: Sequence[str],
    so_far: Decisions | None = None,
) -> Decisions:
    """Return the decisions of filters, deduplicators and random selectors, in the order of the recipe.

    `values` holds the stats of all rows by operator name. Deduplicators and selectors see the rows that are left when their turn comes.
    """
    decisions = so_far or undecided(len(ids))
    for line in lines:
        left = np.flatnonzero(decisions.kept)
        flags = verdicts(line, values.get(line.name, {}), left)
        stat = next(iter(values[line.name].values())) if line.name in values else None
        originals = _firsts(line, stat, ids, left, flags)
        for position in left[~flags]:
            decisions.rule[position] = line.label
            decisions.value[position] = number_of(stat[position]) if stat is not None else np.nan
            decisions.bound[position] = originals.get(position, line.bounds)
        decisions.kept[left[~flags]] = False
        decisions.surviving[line.label] = int(decisions.kept.sum())
    return decisions


def verdicts(line: Line, values: Values, rows: np.ndarray) -> np.ndarray:
    """Return one flag for each of `rows`: whether this line alone keeps it."""
    if line.kind == "selector":
        flags = np.zeros(len(rows), dtype=bool)
        flags[line.operator.select([None] * len(rows), line.deciding)] = True
        return flags
    picked = {stat: [column[row] for row in rows] for stat, column in values.items()}
    return np.asarray(line.operator.keep(picked, line.deciding), dtype=bool)


def _firsts(
    line: Line, stat: Sequence[Any] | None, ids: Sequence[str], left: np.ndarray, flags: np.ndarray
) -> dict[int, str]:
    """Return, for what a deduplicator dropped, which sample it repeats (of groups with equal hashes), or the operator's own words."""
    if line.kind != "deduplicator" or stat is None:
        return {}
    if hasattr(line.operator, "DROPPED"):
        return dict.fromkeys(map(int, left[~flags]), line.operator.DROPPED)
    first: dict[str, str] = {}
    found = {}
    for position, kept in zip(left, flags, strict=True):
        key = str(stat[position])
        if kept:
            first.setdefault(key, ids[position])
        else:
            found[int(position)] = (
                f"same as {first[key]}" if key in first else "near-duplicate of an earlier sample"
            )
    return found
