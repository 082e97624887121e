"""Rows of jsonl files: read in chunks with their line numbers, kept between the passes of a run, written complete or absent."""

from __future__ import annotations

import codecs
import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from bettersynth.data.files.reading import parse_json
from bettersynth.errors import UserError

SEPARATOR = b"\0"  # between row, stats and hashes of a record; json never holds it


@dataclass(frozen=True)
class Record:
    """One row on its way through a recipe: the row's json as it is exported, its stats and its hashes, and where it came from."""

    row: bytes
    stats: dict[str, Any]
    hashes: dict[str, Any]
    line: int  # 1-based line of the data set

    def dump(self) -> bytes:
        parts = [b"%d" % self.line, self.row, dump_json(self.stats), dump_json(self.hashes)]
        return SEPARATOR.join(parts) + b"\n"


def load_record(line: bytes) -> Record:
    number, row, stats, hashes = line.rstrip(b"\n").split(SEPARATOR)
    return Record(row, json.loads(stats), json.loads(hashes), int(number))


def dump_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def dataset_files(path: str | Path) -> list[Path]:
    """Return the jsonl files of a data set: the file itself, or those of a folder, sorted.

    Raises:
        UserError: it does not exist, or holds no jsonl file.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix in (".jsonl", ".json") and not file.name.endswith("_stats.jsonl")
        )
        if not files:
            raise UserError(f"dataset_path {path} is a folder without a .jsonl file")
        return files
    if not path.is_file():
        raise UserError(f"dataset_path {path} does not exist")
    if path.suffix not in (".jsonl", ".json"):
        raise UserError(
            f"dataset_path {path} must be a .jsonl file with one sample a line, or a folder of such files"
        )
    return [path]


def read_chunks(path: Path, size: int) -> Iterator[list[tuple[int, bytes]]]:
    """Yield lists of at most `size` (line number, json of one row); empty lines are passed over.

    A `.json` file that holds one list is read as its elements, with their position as line number.
    """
    chunk: list[tuple[int, bytes]] = []
    for number, line in _lines(path):
        chunk.append((number, line))
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def count_rows(path: Path) -> int:
    """Return about how many rows a data set has, by its line ends."""
    with open(path, "rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with open(path, "rb") as stream:
        if (
            path.suffix == ".json"
            and stream.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["
        ):
            stream.seek(0)
            rows = parse_json(stream.read(), str(path))
            yield from ((number, dump_json(row)) for number, row in enumerate(rows, 1))
            return
        stream.seek(0)
        for number, line in enumerate(stream, 1):
            line = line.strip()
            if line:
                yield number, line


def parse_row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Return the row.

    Raises:
        UserError: not a JSON object.
    """
    row = parse_json(line, f"{path} line {number}")
    if not isinstance(row, dict):
        raise UserError(
            f"{path} line {number}: a sample must be a JSON object, not {type(row).__name__}"
        )
    return row


class RecordFile:
    """Records between two passes, on disk: appended once, then read in any order. `positions` says which and in what order."""

    def __init__(self, path: Path):
        self.path = path
        self.offsets = array(
            "q", [0]
        )  # 8 bytes a row is all that a run without deduplicators keeps in memory
        self.positions: np.ndarray | None = None
        self._stream = open(path, "wb")  # noqa: SIM115 (closed by `close`, after the pass)

    def append(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._stream.write(line)
            self.offsets.append(self.offsets[-1] + len(line))

    def close(self) -> None:
        self._stream.close()

    def __len__(self) -> int:
        return len(self.offsets) - 1 if self.positions is None else len(self.positions)

    def choose(self, positions: Sequence[int] | np.ndarray) -> None:
        """Keep the records at these positions of the present order, in the order given."""
        chosen = np.asarray(positions, dtype=np.int64)
        self.positions = chosen if self.positions is None else self.positions[chosen]

    def chunks(self, size: int) -> Iterator[list[bytes]]:
        order = np.arange(len(self.offsets) - 1) if self.positions is None else self.positions
        with open(self.path, "rb") as stream:
            at = 0
            for start in range(0, len(order), size):
                chunk = []
                for k in order[start : start + size]:
                    if self.offsets[k] != at:
                        stream.seek(self.offsets[k])
                    chunk.append(stream.read(self.offsets[k + 1] - self.offsets[k]))
                    at = self.offsets[k + 1]
                yield chunk


class WordFiles:
    """Keys of many rows on disk, one file for each of their 8-byte words, so that a decision takes them into memory one by one."""

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
            self._streams = [open(f"{self.path}.{k}", "wb") for k in range(words.shape[1])]  # noqa: SIM115 (closed by `close`)
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
        for stream in self._streams:
            stream.close()
