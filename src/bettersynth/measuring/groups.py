"""Groups of rows that are joined by pairs, and the first row of each."""

from __future__ import annotations

import numpy as np


def first_of_components(rows: int, edges: np.ndarray) -> np.ndarray:
    """Return which row is the first of its connected component, bool `[rows]`.

    `edges` holds the two rows of each joined pair, int `[2, pairs]`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(edges.shape[1], dtype=bool)
    joined = coo_array((ones, (edges[0], edges[1])), shape=(rows, rows))  # [rows, rows], sparse
    _, component = connected_components(joined, directed=False)
    # `unique` gives where each component appears first
    _, first = np.unique(component, return_index=True)
    flags = np.zeros(rows, dtype=bool)
    flags[first] = True
    return flags
