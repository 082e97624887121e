"""Running the lines of a recipe over measured values: who is kept, and which rule dropped whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bettersynth.data.tables.value_columns import ValueColumn, python_values, taken
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.numberless import require_some_number
from bettersynth.recipes.verdicts import verdicts


@dataclass
class Decisions:
    """One entry a row: kept or not, and the first rule that dropped it.

    `value` is what a dropped row's rule went by, as a number; `bound` the rule's bounds in words.
    `judged` says which rows the lines decide on, bool `[rows]` (None: all); others stay.
    """

    kept: np.ndarray  # bool [rows]
    rule: list[str]  # "" for kept rows
    value: np.ndarray  # float64 [rows], NaN where there is no number
    bound: list[str]
    surviving: dict[str, int] = field(default_factory=dict)  # rows left after each line, in order
    judged: np.ndarray | None = None

    @property
    def left(self) -> np.ndarray:
        """The rows that lines still decide on, int `[left]`."""
        return np.flatnonzero(self.kept if self.judged is None else self.kept & self.judged)

    def drop(self, row: int, rule: str, bound: str, value: float = np.nan) -> None:
        """Note that a row goes, by which rule, over which bound and with which value."""
        self.kept[row] = False
        self.rule[row] = rule
        self.bound[row] = bound
        self.value[row] = value


def undecided(rows: int, judged: np.ndarray | None = None) -> Decisions:
    """Return decisions that keep every row; lines will decide on those that are `judged`."""
    kept = np.ones(rows, dtype=bool)
    value = np.full(rows, np.nan)
    return Decisions(kept, [""] * rows, value, [""] * rows, judged=judged)


def drawn_only(drawn: np.ndarray, rule: str) -> Decisions:
    """Return decisions that keep the drawn rows (bool `[rows]`) and drop the others by `rule`."""
    decisions = undecided(len(drawn))
    for row in np.flatnonzero(~drawn):
        decisions.drop(row, rule, "not drawn")
    return decisions


def decide(
    lines: Sequence[Line],
    values: dict[str, Values],
    ids: Sequence[str],
    so_far: Decisions | None = None,
) -> Decisions:
    """Return the decisions of filters, deduplicators and selectors, in the recipe's order.

    `values` holds the columns of all rows by the label of the line. Deduplicators and selectors
    see the rows that are left when their turn comes. `so_far` is changed and returned.
    """
    decisions = so_far or undecided(len(ids))
    for line in lines:
        own = values.get(line.label, {})
        # filters could see all rows; deduplicators must not join a row with one that is gone
        left = decisions.left
        flags, words = _decided(line, own, ids, left)
        dropped = left[~flags]
        numbers = np.full(len(dropped), np.nan)
        if own and line.measures:
            numbers = numbers_of(taken(next(iter(own.values())), dropped))
        for row, number in zip(dropped.tolist(), numbers, strict=True):
            decisions.drop(row, line.label, words.get(row, line.bounds), number)
        decisions.surviving[line.label] = int(decisions.kept.sum())
    return decisions


def _decided(
    line: Line, own: Values, ids: Sequence[str], left: np.ndarray
) -> tuple[np.ndarray, dict[int, str]]:
    """Return which rows of `left` a line keeps, bool `[left]`, and what is said of the others.

    Words are by row: the operator's own where it has some, or which kept sample a row repeats.
    There are none for lines that go by bounds.
    """
    if hasattr(line.operator, "originals") and len(left):
        columns = {stat: taken(column, left) for stat, column in own.items()}
        first = left[line.operator.originals(columns, line.deciding)]
        flags = first == left
        pairs = zip(left[~flags].tolist(), first[~flags].tolist(), strict=True)
        return flags, {row: f"near-duplicate of {ids[original]}" for row, original in pairs}
    if line.compared_fields:
        columns = [python_values(taken(column, left)) for column in own.values()]
        require_some_number(line, list(zip(*columns, strict=True)))
    flags = verdicts(line, own, left)
    if not line.sees_all or not line.measures or not own:
        return flags, {}
    if hasattr(line.operator, "DROPPED"):
        return flags, dict.fromkeys(left[~flags].tolist(), line.operator.DROPPED)
    return flags, _same_as(next(iter(own.values())), ids, left, flags)


def _same_as(
    stat: ValueColumn, ids: Sequence[str], left: np.ndarray, flags: np.ndarray
) -> dict[int, str]:
    """Return which kept sample of `left` has the same hash as each dropped one, by row."""
    first_id: dict[str, str] = {}
    words: dict[int, str] = {}
    for row, kept in zip(left.tolist(), flags, strict=True):
        key = str(stat[row])
        if kept:
            # the first of the rows that stayed with this hash
            first_id.setdefault(key, ids[row])
        elif key in first_id:
            words[row] = f"same as {first_id[key]}"
        else:
            words[row] = "near-duplicate of an earlier sample"
    return words
