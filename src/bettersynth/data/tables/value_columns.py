"""Values of one stat, one a sample, in the forms that hold no Python object a sample where they
are numbers: an array, or `ItemLists` for lists of numbers. Bytes of one length are an array of
numpy's void. Text and missing values are a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np


class ItemLists(Sequence):
    """Lists of numbers, one a sample, that lie in two arrays: no Python object a sample.

    `items` `[items]` holds all lists in a row, `counts` int64 `[samples]` their lengths.
    """

    def __init__(self, items: np.ndarray, counts: np.ndarray):
        self.items = items
        self.counts = counts

    @cached_property
    def _ends(self) -> np.ndarray:
        """Where each list ends in `items`, int64 `[samples]`."""
        return np.cumsum(self.counts)

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, sample: Any) -> Any:
        end = self._ends[sample]
        return self.items[end - self.counts[sample] : end].tolist()

    def take(self, rows: np.ndarray) -> ItemLists:
        """Return the lists of some samples, int `[rows]`."""
        counts = self.counts[rows]
        starts = self._ends[rows] - counts
        # the place of each item: its list's start, and how far into the list it stands
        before = np.cumsum(counts) - counts
        places = np.repeat(starts - before, counts) + np.arange(counts.sum())
        return ItemLists(self.items[places], counts)


ValueColumn = Sequence[Any] | np.ndarray
"""One value a sample."""


def taken(column: ValueColumn, rows: np.ndarray) -> ValueColumn:
    """Return the values of some samples, int `[rows]`, in the form that the column has."""
    if isinstance(column, np.ndarray):
        return column[rows]
    if isinstance(column, ItemLists):
        return column.take(rows)
    return [column[row] for row in rows]


def python_values(column: ValueColumn) -> list[Any]:
    """Return the values as Python has them: ints, floats, bools, text, lists of these, None."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)
