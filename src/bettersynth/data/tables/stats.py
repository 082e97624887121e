"""What an operator measured of every pool sample: `data/stats/NAME.parquet`.

NAME is the operator's, or a name of its own in the section `stats`, in which its columns end then.
One row a pool sample, in the pool's order: `id` and one column a stat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.value_columns import ArrowColumn, ItemLists, ValueColumn
from bettersynth.errors import UserError

STATS = Path("data/stats")


def stats_path(operator: str) -> Path:
    """Return where the stats of an operator lie."""
    return STATS / f"{operator}.parquet"


def write_stats(operator: str, ids: Sequence[str], values: Mapping[str, Sequence[Any]]) -> None:
    """Write the values of one operator, one column a stat."""
    write_table(stats_path(operator), pa.table({"id": ids, **columns_of(values)}))


def read_stats(operator: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of one operator by stat, in the order of `ids`, those of the pool.

    Raises:
        UserError: not measured yet, or measured on another pool.
    """
    table = read_stats_table(operator, pa.chunked_array([pa.array(ids, pa.string())]))
    return {name: table[name].to_pylist() for name in table.column_names}


def read_stats_table(operator: str, ids: pa.ChunkedArray) -> pa.Table:
    """Return the columns of one operator, in the order of `ids`, those of the pool.

    Raises:
        UserError: as `read_stats`.
    """
    path = stats_path(operator)
    command = f"`python -m bettersynth.steps.stats {operator}`"
    try:
        table = read_table(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run {command}") from None
    if not table["id"].equals(ids):
        raise UserError(f"{path} belongs to another pool; run {command}")
    return table.drop_columns(["id"])


def columns_of(values: Mapping[str, Sequence[Any]]) -> dict[str, pa.Array]:
    """Return the columns of several stats."""
    return {stat: column_of(column) for stat, column in values.items()}


def column_of(values: ValueColumn) -> pa.Array:
    """Return the values of one stat as a column.

    They are strings, bytes of one length, bools, int64 or float64, or lists of those (of float64
    where all are empty).
    """
    if isinstance(values, np.ndarray):
        return pa.array(values)
    if isinstance(values, ArrowColumn):
        return values.column.combine_chunks()
    if isinstance(values, ItemLists):
        ends = np.concatenate([[0], np.cumsum(values.counts)])
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values.items))
    lists = any(isinstance(value, list) for value in values)
    items: list[Any] = []
    for value in values:
        if value is not None:
            items += value if lists else [value]
    if any(isinstance(item, str) for item in items):
        kind = pa.string()
    elif any(isinstance(item, bytes) for item in items):
        # signatures, all of one length
        kind = pa.binary(max(map(len, items)))
    # before the whole numbers: a bool is an int to Python
    elif items and all(isinstance(item, bool) for item in items):
        kind = pa.bool_()
    elif items and all(isinstance(item, int) for item in items):
        kind = pa.int64()
    else:
        kind = pa.float64()
    return pa.array(values, pa.list_(kind) if lists else kind)
