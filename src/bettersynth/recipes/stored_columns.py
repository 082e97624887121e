"""Stored values as arrays that `keep` decides on: a Python object for each of twelve million
values would fill the memory, and take longer than a look at a recipe may.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from bettersynth.data.tables.stats import read_stats_table
from bettersynth.data.tables.value_columns import ArrowColumn, ItemLists, ValueColumn
from bettersynth.measuring.protocols import Values


def stored_values(name: str, ids: pa.ChunkedArray) -> Values:
    """Return the values of the stat `name`, in the order of `ids`, those of the pool.

    Raises:
        UserError: as `read_stats`.
    """
    table = read_stats_table(name, ids)
    return {stat: quick_column(table[stat]) for stat in table.column_names}


def read_stored(name: str, operator: ModuleType, ids: pa.ChunkedArray) -> Values:
    """Return the values of the stat `name`, which `operator` measured, in the order of `ids`.

    `ids` are those of the pool. Whole numbers stand for keys that only equality matters of.

    Raises:
        UserError: as `read_stats`.
    """
    table = read_stats_table(name, ids)
    equal_keys = getattr(operator, "EQUAL_KEYS", False)
    values: Values = {}
    for stat in table.column_names:
        column = table[stat]
        is_key = equal_keys and kinds.is_string(column.type) and not column.null_count
        values[stat] = ArrowColumn(column).key_numbers() if is_key else quick_column(column)
    return values


def quick_column(column: pa.ChunkedArray) -> ValueColumn:
    """Return a column for `keep` in the form that `value_columns` has for its kind."""
    kind = column.type
    if column.null_count or not len(column):
        return ArrowColumn(column)
    if _is_number(kind):
        return column.to_numpy()
    if kinds.is_fixed_size_binary(kind):
        whole = column.combine_chunks()
        content = np.frombuffer(whole.buffers()[1], dtype=f"V{kind.byte_width}")
        return content[whole.offset : whole.offset + len(whole)]
    if kinds.is_list(kind) and _is_number(kind.value_type):
        whole = column.combine_chunks()
        items = whole.flatten()
        if not items.null_count:
            return ItemLists(items.to_numpy(), whole.value_lengths().to_numpy())
    return ArrowColumn(column)


def column_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return the number of each value of a column, float64 `[rows]`, NaN where it has none.

    The rule is `number_rule`'s.
    """
    kind = column.type
    if _is_number(kind):
        return column.cast(pa.float64()).to_numpy()
    if not (kinds.is_list(kind) and _is_number(kind.value_type)):
        return np.full(len(column), np.nan)
    parents = pc.list_parent_indices(column).to_numpy()
    items = pc.list_flatten(column).cast(pa.float64()).to_numpy()
    known = ~np.isnan(items)
    counts = np.bincount(parents[known], minlength=len(column))
    sums = np.bincount(parents[known], weights=items[known], minlength=len(column))
    with np.errstate(invalid="ignore"):
        # 0 / 0: no number
        return sums / counts


def _is_number(kind: pa.DataType) -> bool:
    return kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind)
