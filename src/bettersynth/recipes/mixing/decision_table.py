"""Why each pool sample is trained on or not: values, the verdict of each rule, the reason."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.files.writing import ROWS_OF_A_GROUP
from bettersynth.data.tables.column_rows import take_rows
from bettersynth.data.tables.drawn import version_name
from bettersynth.data.tables.stats import column_of
from bettersynth.data.tables.value_columns import ArrowColumn, ValueColumn, taken
from bettersynth.measuring.protocols import EMBEDDING, Values
from bettersynth.recipes.decisions import Decisions
from bettersynth.recipes.left_out import BUDGET, CONTAMINATION, RANDOM
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.mixture import ROWS_AT_ONCE, Mix
from bettersynth.recipes.verdicts import verdicts_on_all

NOT_JUDGED = "taken as it is, since its source is not judged"


def decision_parts(
    mix: Mix,
    decisions: Decisions,
    drawn: bool,
    lines: Sequence[Line],
    values: dict[str, Values],
) -> Iterator[pa.Table]:
    """Yield one row a pool sample, in parts of `ROWS_OF_A_GROUP` rows.

    It holds the decision, each rule's values and verdict on the original caption, and the reason
    in words. `drawn` says that the random control chose. `values` is what the lines decide on, by
    label.
    """
    used = decisions.kept | mix.exchanged
    tried = np.bincount(mix.new.row, minlength=len(mix.ids))
    measured = _measured(lines, values, len(mix.ids))
    # the filter's own control draws from the whole pool, whatever the rules say
    drawn_by_filter = RANDOM in decisions.dropped_by()
    kept_by = "drawn by the random control" if drawn_by_filter else "kept by every rule"
    # as one table all of it would be most of what this takes
    for start in range(0, max(1, len(mix.ids)), ROWS_OF_A_GROUP):
        rows = np.arange(start, min(start + ROWS_OF_A_GROUP, len(mix.ids)))
        columns: dict[str, Any] = {
            "id": mix.ids.slice(start, len(rows)),
            "kept": decisions.kept[rows],
            "rule": decisions.rule.arrow(start, len(rows)),
            "caption_source": _sources(mix, rows, used),
            "candidate": pa.array(mix.candidates(rows), pa.int32()),
            "candidates_tried": pa.array(tried[rows], pa.int32()),
            "similarity_before": pa.array(mix.similarity_before[rows], pa.float64()),
            "similarity": pa.array(mix.similarity[rows], pa.float64()),
            "weight": pa.array(mix.weight[rows], pa.int32()),
            "reason": _reasons(mix, decisions, drawn, kept_by, used, tried, rows),
        }
        for name, column in measured.items():
            columns[name] = column_of(taken(column, rows))
        yield pa.table(columns)


def _measured(
    lines: Sequence[Line], values: dict[str, Values], rows: int
) -> dict[str, ValueColumn]:
    """Return the columns of all rows that lines measured, and their verdicts, by name."""
    columns: dict[str, ValueColumn] = {}
    for line in lines:
        if not line.measures:
            continue
        for stat, column in values[line.label].items():
            if not _too_long(line, stat):
                columns.setdefault(stat + line.suffix, _of_one_kind(column))
        # verdicts are of every row: what a rule says of one that another dropped first, too
        columns[f"{line.label} keeps"] = verdicts_on_all(line, values[line.label], rows)
    return columns


def _of_one_kind(column: ValueColumn) -> ValueColumn:
    """Return a column each part of which becomes the same kind of column of a table."""
    if isinstance(column, list):
        # its kind is found by all of its values
        return ArrowColumn(pa.chunked_array([column_of(column)]))
    return column


def _sources(mix: Mix, rows: np.ndarray, used: np.ndarray) -> pa.Array:
    """Return the source of the caption that each row is trained on, "" where it is not."""
    sources = pa.array(mix.sources(rows), pa.string())
    return pc.if_else(pa.array(used[rows]), sources, "")


def _reasons(
    mix: Mix,
    decisions: Decisions,
    drawn: bool,
    kept_by: str,
    used: np.ndarray,
    tried: np.ndarray,
    rows: np.ndarray,
) -> pa.Array:
    """Return the reason of each of some rows in words.

    `kept_by` says why an original stays; `tried` counts the new versions.
    """
    versions = "new captions and pictures" if mix.new.drawn.any() else "new captions"
    parts = [pa.array([], pa.string())]
    # part by part: as Python's text all of them would take three times the memory
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        reasons: list[str] = []
        for fate in _fates(mix, decisions, some):
            row = fate.row
            if fate.rule in (CONTAMINATION, BUDGET):
                reasons.append(f"dropped by {_dropped_by(fate)}")
            elif decisions.judged is not None and not decisions.judged[row]:
                reasons.append(f"{NOT_JUDGED}; {fate.visits}")
            elif drawn:
                reasons.append(_reason_of_draw(fate, used[row]))
            else:
                reasons.append(_reason(fate, used[row], kept_by, f"{tried[row]} {versions}"))
        parts.append(pa.array(reasons, pa.string()))
    return pa.concat_arrays(parts)


class Fate(NamedTuple):
    """What became of one row, as its reason tells it."""

    row: int
    rule: str  # that dropped its original, "" if none did
    bound: str
    value: float
    new: str  # the new version in use and its maker, "" for the original
    similarity_before: float
    similarity: float
    weight: int

    @property
    def visits(self) -> str:
        """How often it is visited, in words."""
        return f"visited {self.weight} times"


def _fates(mix: Mix, decisions: Decisions, rows: np.ndarray) -> Iterator[Fate]:
    """Yield what became of some rows, int `[rows]`, which lie side by side."""
    start, count = int(rows[0]), len(rows)
    named = []
    for number, maker in zip(mix.candidates(rows).tolist(), mix.sources(rows), strict=True):
        named.append(f"{version_name(number)} of {maker}" if number >= 0 else "")
    columns = (
        rows.tolist(),
        decisions.rule.arrow(start, count).to_pylist(),
        decisions.bound.arrow(start, count).to_pylist(),
        decisions.value[rows].tolist(),
        named,
        mix.similarity_before[rows].tolist(),
        mix.similarity[rows].tolist(),
        mix.weight[rows].tolist(),
    )
    return itertools.starmap(Fate, zip(*columns, strict=True))


def _too_long(line: Line, stat: str) -> bool:
    """Whether a value is hundreds of characters, which tell a reader nothing: an embedding, or
    the signature that a near-duplicate is found by. They stay in the table of the stat.
    """
    signature = hasattr(line.operator, "compact") and stat == line.operator.STATS[0]
    return signature or stat == EMBEDDING


def mix_table(mix: Mix, used: np.ndarray) -> pa.Table:
    """Return one row a sample in training; `used` is bool `[rows]`."""
    rows = np.flatnonzero(used)
    columns: dict[str, Any] = {
        "id": take_rows(mix.ids, rows),
        "caption_source": pa.array(mix.sources(rows), pa.string()),
        "candidate": pa.array(mix.candidates(rows), pa.int32()),
        "weight": pa.array(mix.weight[rows], pa.int32()),
    }
    return pa.table(columns)


def _reason_of_draw(fate: Fate, used: bool) -> str:
    if not used:
        return "not drawn by the random control"
    return f"drawn by the random control, with {fate.new or 'its own caption'}; {fate.visits}"


def _reason(fate: Fate, used: bool, kept_by: str, tried: str) -> str:
    """Return the reason in words; `tried` counts the new versions of the sample."""
    why = _dropped_by(fate)
    if fate.new:
        moved = f"similarity {fate.similarity_before:.3f} to {fate.similarity:.3f}"
        after = f"after {why} dropped the original" if why else "better than the original"
        return f"{fate.new}, {moved}, {after}; {fate.visits}"
    if used:
        return f"{kept_by}; {fate.visits}"
    none_passed = "" if tried.startswith("0 ") else f"; none of {tried} passed"
    return f"dropped by {why}{none_passed}"


def _dropped_by(fate: Fate) -> str:
    """Return the rule that dropped a row's original, with its value and bounds; "" if none did."""
    if not fate.rule:
        return ""
    shown = "" if math.isnan(fate.value) else f"{fate.value:.4g}; "
    return f"{fate.rule} ({shown}{fate.bound})"
