"""Values of one stat, one a sample, in the forms that hold no Python object a sample: an array of
numbers, or of numpy's void for bytes of one length; `ItemLists` for lists of numbers; `ArrowColumn`
for text and for what has missing values. What was measured just now is a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import pyarrow as pa

# values that are Python's objects at a time
VALUES_AT_ONCE = 100_000


class ItemLists(Sequence):
    """Lists of numbers, one a sample, that lie in two arrays: no Python object a sample.

    `items` `[items]` holds all lists in a row, `counts` int `[samples]` their lengths.
    """

    def __init__(self, items: np.ndarray, counts: np.ndarray):
        self.items = items
        self.counts = counts

    @cached_property
    def single(self) -> bool:
        """Whether each list holds one item, as those of samples with one picture do."""
        return len(self.items) == len(self.counts) and bool((self.counts == 1).all())

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
        if self.single:
            return ItemLists(self.items[rows], counts)
        starts = self._ends[rows] - counts
        # the place of each item: its list's start, and how far into the list it stands
        before = np.cumsum(counts) - counts
        places = np.repeat(starts - before, counts) + np.arange(counts.sum())
        return ItemLists(self.items[places], counts)


class ArrowColumn(Sequence):
    """Values as a table holds them: Python's objects are made of those alone that are asked for."""

    def __init__(self, column: pa.ChunkedArray):
        self.column = column

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, sample: Any) -> Any:
        return self.column[int(sample)].as_py()

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self.column), VALUES_AT_ONCE):
            yield from self.column.slice(start, VALUES_AT_ONCE).to_pylist()

    def take(self, rows: np.ndarray) -> ArrowColumn:
        """Return the values of some samples, int `[rows]`."""
        from bettersynth.data.tables.column_rows import take_rows

        return ArrowColumn(take_rows(self.column, rows))

    def followed_by(self, other: ArrowColumn) -> ArrowColumn:
        """Return the values of both, of one type, one after the other."""
        import pyarrow as pa

        return ArrowColumn(pa.chunked_array([*self.column.chunks, *other.column.chunks]))

    def key_numbers(self) -> np.ndarray:
        """Return whole numbers that stand for keys, int64 `[samples]`: equal for equal keys, 0 for
        "". No key is missing.
        """
        import pyarrow.compute as pc

        keys = self.column.combine_chunks().dictionary_encode()
        numbers = keys.indices.to_numpy().astype(np.int64) + 1
        empty = pc.index(keys.dictionary, "").as_py()  # -1 where no key is empty
        numbers[numbers == empty + 1] = 0
        return numbers


ValueColumn = Sequence[Any] | np.ndarray
"""One value a sample."""


def taken(column: ValueColumn, rows: np.ndarray) -> ValueColumn:
    """Return the values of some samples, int `[rows]`, in the form that the column has."""
    if isinstance(column, np.ndarray):
        return column[rows]
    if isinstance(column, ItemLists | ArrowColumn):
        return column.take(rows)
    return [column[row] for row in rows]


def python_values(column: ValueColumn) -> list[Any]:
    """Return the values as Python has them: ints, floats, bools, text, lists of these, None."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def joined(first: ValueColumn, second: ValueColumn) -> ValueColumn:
    """Return the values of both, one after the other, in the form that both have, else as a list.

    Numbers of two kinds, such as whole ones and others, stay what each of them is.
    """
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.dtype == second.dtype:
            return np.concatenate([first, second])
    elif isinstance(first, ItemLists) and isinstance(second, ItemLists):
        if first.items.dtype == second.items.dtype:
            items = np.concatenate([first.items, second.items])
            return ItemLists(items, np.concatenate([first.counts, second.counts]))
    elif isinstance(first, ArrowColumn) and isinstance(second, ArrowColumn):
        if first.column.type == second.column.type:
            return first.followed_by(second)
    return [*python_values(first), *python_values(second)]
