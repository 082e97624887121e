"""Groups of rows that are joined by pairs, and the first row of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.tables.value_columns import ArrowColumn


def first_of_components(rows: int, edges: np.ndarray) -> np.ndarray:
    """Return the first row of each row's connected component, int64 `[rows]`.

    `edges` holds the two rows of each joined pair, int `[2, pairs]`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(edges.shape[1], dtype=bool)
    joined = coo_array((ones, (edges[0], edges[1])), shape=(rows, rows))  # [rows, rows], sparse
    _, component = connected_components(joined, directed=False)
    # `unique` gives where each component appears first; components are numbered from 0 on
    _, first = np.unique(component, return_index=True)
    return first[component]


def first_of_equal(keys: Sequence[Any] | np.ndarray, keep_empty: bool = False) -> np.ndarray:
    """Return which rows are the first with their key, bool `[rows]`.

    Keys are asked for equality alone, so that an array of whole numbers from 1 on may stand for
    them, with 0 for the empty key. `keep_empty` calls no two empty keys equal.
    """
    if isinstance(keys, ArrowColumn) and not keys.column.null_count:
        # a set of twelve million texts would be gigabytes
        keys = keys.key_numbers()
    flags = np.zeros(len(keys), dtype=bool)
    if isinstance(keys, np.ndarray):
        rows = np.arange(len(keys))
        first = np.zeros(keys.max(initial=0) + 1, dtype=np.int64)
        # of several assignments the last one stays: backwards that is the first row
        first[keys[::-1]] = rows[::-1]
        flags[:] = first[keys] == rows
        return flags | (keys == 0) if keep_empty else flags
    seen: set[Any] = set()
    for row, key in enumerate(keys):
        if keep_empty and not key:
            flags[row] = True
        elif key not in seen:
            flags[row] = True
            seen.add(key)
    return flags
