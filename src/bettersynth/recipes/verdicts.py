"""Which rows a line keeps, from values alone: one rule for run, filter, mix and audit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bettersynth.data.tables.value_columns import python_values, taken
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line


def keeps(line: Line, values: Values, rows: int) -> np.ndarray:
    """Return which rows a filter keeps, bool `[rows]`.

    A filter by a field that was given none measures nothing, and keeps everything.
    """
    if not values:
        return np.ones(rows, dtype=bool)
    return np.asarray(line.operator.keep(values, line.deciding), dtype=bool)


def choose(line: Line, values: Values, rows: int) -> Sequence[int] | np.ndarray:
    """Return the positions that a deduplicator or selector keeps, in the order of its result.

    `values` are the stats that the line measured, or the columns of the fields that a selector
    compares; nothing for a selector that compares none.
    """
    if not line.measures:
        # compared as Python has them: a tuple of several fields, or one value
        columns = list(map(python_values, values.values())) or [[None] * rows]
        compared = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        return line.operator.select(compared, line.deciding)
    if not rows:
        return []
    return np.flatnonzero(line.operator.keep(values, line.deciding))


def verdicts(line: Line, values: Values, rows: np.ndarray) -> np.ndarray:
    """Return one flag for each of `rows`: whether this line alone keeps it, bool `[len(rows)]`.

    `values` holds the line's columns over all rows, of which only `rows` are looked at.
    """
    # a deduplicator sees the rows that are left, not those that were dropped before
    picked = {stat: taken(column, rows) for stat, column in values.items()}
    return verdicts_on_all(line, picked, len(rows))


def verdicts_on_all(line: Line, values: Values, rows: int) -> np.ndarray:
    """Return whether this line alone keeps each of all rows that `values` holds, bool `[rows]`."""
    if not line.sees_all:
        return keeps(line, values, rows)
    flags = np.zeros(rows, dtype=bool)
    flags[choose(line, values, rows)] = True
    return flags
