"""Rows on their way through a recipe, on disk between its passes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.files.writing import naming_in_errors

# between the parts of a record; json never holds it
SEPARATOR = b"\0"


@dataclass(frozen=True)
class Record:
    """One row: its json as it is exported, its stats and hashes, and where it came from."""

    row: bytes
    stats: dict[str, Any]
    hashes: dict[str, Any]
    line: int  # 1-based line of the data set

    def dump(self) -> bytes:
        """Return the record as one line of a `RecordFile`."""
        parts = [b"%d" % self.line, self.row, dump_json(self.stats), dump_json(self.hashes)]
        return SEPARATOR.join(parts) + b"\n"


def load_record(line: bytes) -> Record:
    """Return the record that `dump` wrote."""
    number, row, stats, hashes = line.rstrip(b"\n").split(SEPARATOR)
    return Record(row, json.loads(stats), json.loads(hashes), int(number))


class RecordFile:
    """Records between two passes, on disk: appended once, then read in any order.

    `positions` says which and in what order; None is all of them as they came.
    """

    def __init__(self, path: Path):
        self.path = path
        # 8 bytes a row is all that a run without deduplicators keeps in memory
        self.offsets = array("q", [0])
        self.positions: np.ndarray | None = None  # int64 [records that are left]
        self._stream = open(path, "wb")  # noqa: SIM115 (closed by `close`, after the pass)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write records at the end."""
        with naming_in_errors(self.path):
            for line in lines:
                self._stream.write(line)
                self.offsets.append(self.offsets[-1] + len(line))

    def close(self) -> None:
        """End the writing; reading opens the file anew."""
        with naming_in_errors(self.path):
            self._stream.close()

    def __len__(self) -> int:
        return len(self.offsets) - 1 if self.positions is None else len(self.positions)

    def choose(self, positions: Sequence[int] | np.ndarray) -> None:
        """Keep these of the records that are left, in this order."""
        chosen = np.asarray(positions, dtype=np.int64)
        self.positions = chosen if self.positions is None else self.positions[chosen]

    def at(self, positions: Sequence[int] | np.ndarray) -> Iterator[bytes]:
        """Yield the records at these positions of all that were appended."""
        with open(self.path, "rb") as stream:
            for position in positions:
                stream.seek(self.offsets[position])
                yield stream.read(self.offsets[position + 1] - self.offsets[position])

    def chunks(self, size: int) -> Iterator[list[bytes]]:
        """Yield lists of at most `size` records."""
        order = self.positions
        if order is None:
            order = np.arange(len(self.offsets) - 1)
        with open(self.path, "rb") as stream:
            at = 0
            for start in range(0, len(order), size):
                chunk: list[bytes] = []
                for number in order[start : start + size]:
                    begin, end = self.offsets[number], self.offsets[number + 1]
                    # a seek empties the buffer, so only where one is needed
                    if begin != at:
                        stream.seek(begin)
                    chunk.append(stream.read(end - begin))
                    at = end
                yield chunk


class WordFiles:
    """Keys of many rows on disk, one file for each of their 8-byte words.

    A decision over all rows then takes the words into memory one by one.
    """

    def __init__(self, path: Path):
        self.path = path
        self.rows = 0
        self._streams: list[BinaryIO] = []

    def append(self, keys: Sequence[bytes]) -> None:
        """Add keys, all of the same number of words."""
        if not keys:
            return
        words = np.frombuffer(b"".join(keys), dtype=np.uint64).reshape(len(keys), -1)
        if not self._streams:
            for number in range(words.shape[1]):
                stream = open(f"{self.path}.{number}", "wb")  # noqa: SIM115 (closed by `close`)
                self._streams.append(stream)
        with naming_in_errors(self.path):
            for stream, word in zip(self._streams, words.T, strict=True):
                stream.write(np.ascontiguousarray(word))
        self.rows += len(keys)

    def __len__(self) -> int:
        return self.rows

    def words(self) -> Iterator[np.ndarray]:
        """Yield one word of all keys after the other, uint64 `[rows]`; `close` comes first."""
        for stream in self._streams:
            yield np.fromfile(stream.name, dtype=np.uint64)

    def close(self) -> None:
        """End the writing."""
        with naming_in_errors(self.path):
            for stream in self._streams:
                stream.close()
