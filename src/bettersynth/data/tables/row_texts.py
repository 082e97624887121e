"""One text a row, of which many are the same: what dropped it, over which bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

# texts that are Python's at a time
TEXTS_AT_ONCE = 100_000


class RowTexts(Sequence):
    """A text a row, each "" at first: a number a row, and the texts that the numbers stand for."""

    def __init__(self, rows: int):
        self._numbers = np.zeros(rows, dtype=np.int32)
        self._texts: list[pa.Array] = [pa.array([""], pa.string())]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> RowTexts:
        """Return the texts of a table's column, none of which is null."""
        encoded = column.combine_chunks().dictionary_encode()
        made = cls(len(encoded))
        made._numbers[:] = encoded.indices.to_numpy()
        made._texts = [encoded.dictionary]
        return made

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, row: int) -> str:
        return self.arrow(int(row), 1)[0].as_py()

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), TEXTS_AT_ONCE):
            yield from self.arrow(start, TEXTS_AT_ONCE).to_pylist()

    def arrow(self, start: int = 0, rows: int | None = None) -> pa.Array:
        """Return the texts of so many rows from `start` on, or of all from there on."""
        end = None if rows is None else start + rows
        return self._known().take(pa.array(self._numbers[start:end]))

    def put(self, rows: np.ndarray, text: str) -> None:
        """Give some rows, int `[rows]`, one text."""
        self.put_each(rows, pa.repeat(text, 1))

    def put_each(self, rows: np.ndarray, texts: pa.Array) -> None:
        """Give each of some rows, int `[rows]`, its text; a single one is that of all."""
        first = sum(map(len, self._texts))
        self._texts.append(texts)
        self._numbers[rows] = first + np.arange(len(texts))

    def matching(self, test: Callable[[str], bool]) -> np.ndarray:
        """Return which rows have a text that passes the test, bool `[rows]`; few are tested."""
        return np.array([test(text) for text in self._known().to_pylist()])[self._numbers]

    def counts(self) -> dict[str, int]:
        """Return how many rows have each text, in the order in which the texts come up."""
        numbers, first, rows = np.unique(self._numbers, return_index=True, return_counts=True)
        counts: dict[str, int] = {}
        for place in np.argsort(first):
            text = self._known()[int(numbers[place])].as_py()
            # one text may have several numbers
            counts[text] = counts.get(text, 0) + int(rows[place])
        return counts

    def _known(self) -> pa.Array:
        """Return the text of each number."""
        if len(self._texts) > 1:
            self._texts = [pa.concat_arrays(self._texts)]
        return self._texts[0]
