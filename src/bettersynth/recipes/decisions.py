"""Running the lines of a recipe over measured values: who is kept, and which rule dropped whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.column_rows import take_rows
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.data.tables.value_columns import ArrowColumn, ValueColumn, python_values, taken
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
    rule: RowTexts  # "" for kept rows
    value: np.ndarray  # float64 [rows], NaN where there is no number
    bound: RowTexts
    surviving: dict[str, int] = field(default_factory=dict)  # rows left after each line, in order
    judged: np.ndarray | None = None

    @property
    def left(self) -> np.ndarray:
        """The rows that lines still decide on, int `[left]`."""
        return np.flatnonzero(self.kept if self.judged is None else self.kept & self.judged)

    def dropped_by(self) -> dict[str, int]:
        """Return how many rows each rule dropped, the one that dropped most first."""
        counts = self.rule.counts()
        counts.pop("", None)
        return dict(Counter(counts).most_common())

    def drop(
        self, rows: np.ndarray, rule: str, bound: str, value: np.ndarray | float = np.nan
    ) -> None:
        """Note that rows go, int `[rows]`, by which rule, over which bound and with which values,
        float64 `[rows]`.
        """
        self.kept[rows] = False
        self.rule.put(rows, rule)
        self.bound.put(rows, bound)
        self.value[rows] = value


def undecided(rows: int, judged: np.ndarray | None = None) -> Decisions:
    """Return decisions that keep every row; lines will decide on those that are `judged`, bool
    `[rows]` (None: all).
    """
    kept = np.ones(rows, dtype=bool)
    value = np.full(rows, np.nan)
    return Decisions(kept, RowTexts(rows), value, RowTexts(rows), judged=judged)


def drawn_only(drawn: np.ndarray, rule: str) -> Decisions:
    """Return decisions that keep the drawn rows (bool `[rows]`) and drop the others by `rule`."""
    decisions = undecided(len(drawn))
    decisions.drop(np.flatnonzero(~drawn), rule, "not drawn")
    return decisions


def decide(
    lines: Sequence[Line],
    values: dict[str, Values],
    ids: pa.ChunkedArray,
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
        numbers: np.ndarray | float = np.nan
        if own and line.measures:
            numbers = numbers_of(taken(next(iter(own.values())), dropped))
        decisions.drop(dropped, line.label, line.bounds, numbers)
        if words is not None:
            decisions.bound.put_each(dropped, words)
        decisions.surviving[line.label] = int(decisions.kept.sum())
    return decisions


def _decided(
    line: Line, own: Values, ids: pa.ChunkedArray, left: np.ndarray
) -> tuple[np.ndarray, pa.Array | None]:
    """Return which rows of `left` a line keeps, bool `[left]`, and what is said of the others.

    Words are the operator's own where it has some, or which kept sample a row repeats. There are
    none for lines that go by bounds.
    """
    if hasattr(line.operator, "originals") and len(left):
        columns = {stat: taken(column, left) for stat, column in own.items()}
        first = left[line.operator.originals(columns, line.deciding)]
        flags = first == left
        return flags, _naming("near-duplicate of ", ids, first[~flags])
    if line.compared_fields:
        columns = [python_values(taken(column, left)) for column in own.values()]
        require_some_number(line, list(zip(*columns, strict=True)))
    flags = verdicts(line, own, left)
    if not line.sees_all or not line.measures or not own:
        return flags, None
    if hasattr(line.operator, "DROPPED"):
        return flags, pa.repeat(line.operator.DROPPED, int((~flags).sum()))
    return flags, _same_as(taken(next(iter(own.values())), left), ids, left, flags)


def _same_as(
    stat: ValueColumn, ids: pa.ChunkedArray, left: np.ndarray, flags: np.ndarray
) -> pa.Array:
    """Return of each row that goes which one that stays has the same hash.

    `stat` holds the hashes of the rows `left`, of which those with `flags`, bool `[left]`, stay.
    """
    keys = _key_numbers(stat)
    # the first of the rows that stayed with this hash
    kept = np.flatnonzero(flags)
    first_kept = np.full(keys.max(initial=0) + 1, len(left))
    first_kept[keys[kept[::-1]]] = kept[::-1]
    goes = np.flatnonzero(~flags)
    original = first_kept[keys[goes]]
    before = original < goes
    named = _naming("same as ", ids, left[original[before]])
    other = pa.repeat("near-duplicate of an earlier sample", len(goes))
    return pc.replace_with_mask(other, pa.array(before), named)


def _key_numbers(stat: ValueColumn) -> np.ndarray:
    """Return whole numbers that stand for the values, int64 `[values]`: equal for equal ones."""
    if isinstance(stat, ArrowColumn) and not stat.column.null_count:
        return stat.key_numbers()
    numbers: dict[str, int] = {}
    found = (numbers.setdefault(str(value), len(numbers)) for value in stat)
    return np.fromiter(found, dtype=np.int64, count=len(stat))


def _naming(words: str, ids: pa.ChunkedArray, rows: np.ndarray) -> pa.Array:
    """Return `words` and the id of each of some rows, int `[rows]`."""
    named = take_rows(ids, rows).combine_chunks()
    return pc.binary_join_element_wise(words, named, "")
