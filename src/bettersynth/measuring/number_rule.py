"""What number a measured value counts as: one rule for decisions, charts, bounds and selectors.

The rule, for the value of one stat of one sample:

- A list counts by its items, anything else as one item.
- An item is a number if it is an int, a float or a bool (true is 1, false is 0), and not NaN.
- The value's number is the mean of its numbers; without one it has no number.

So `[1, None, 3]` is 2.0: one picture of a sample that could not be measured does not hide what
the others gave. None and NaN mean the same, since a table that was written and read again may
hold either. True is 1.0, as in Python and in Data-Juicer's selectors, so that the mean of a
condition is the share of samples that meet it. Text is no number: hashes are text, and a hash
of digits alone would be taken for one. Only a field of the user's own rows may write a number
as text (`field_values.as_number`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bettersynth.data.tables.value_columns import ItemLists, ValueColumn


def is_number(item: Any) -> bool:
    """Whether one item is a number: an int, a float or a bool, not NaN; infinity is one."""
    # NaN alone differs from itself
    return isinstance(item, int | float) and item == item


def number_of(value: Any) -> float:
    """Return the number of one value, NaN where it has none."""
    if not isinstance(value, list):
        return float(value) if is_number(value) else math.nan
    items = [item for item in value if is_number(item)]
    return float(np.mean(items)) if items else math.nan


def numbers_of(column: ValueColumn) -> np.ndarray:
    """Return the number of each value, float64 `[rows]`, NaN where there is none."""
    if isinstance(column, np.ndarray):
        # bytes are no numbers
        numeric = column.dtype.kind in "biuf"
        return column.astype(np.float64) if numeric else np.full(len(column), np.nan)
    if isinstance(column, ItemLists) and (column.counts == 1).all():
        return column.items.astype(np.float64)
    return np.array([number_of(value) for value in column], dtype=np.float64)


def finite_items(column: ValueColumn) -> np.ndarray:
    """Return every finite number of a column, float64 `[items]`; lists count item by item.

    Infinity is left out: no quantile, histogram or bound can be made of it.
    """
    if isinstance(column, ItemLists):
        column = column.items
    if isinstance(column, np.ndarray):
        numbers = column.astype(np.float64)
        return numbers[np.isfinite(numbers)]
    items: list[float] = []
    for value in column:
        for item in value if isinstance(value, list) else [value]:
            if is_number(item) and math.isfinite(item):
                items.append(item)
    return np.array(items, dtype=np.float64)
