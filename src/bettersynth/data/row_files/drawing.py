"""Drawing rows from several sources in the shares of their weights, as Data-Juicer draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.jsonl_rows import dump_json, parse_row
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.row_files.picture_paths import moved_path
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.sample_rows import SUFFIX_FIELD
from bettersynth.errors import UserError

# Data-Juicer's
SEED = 42


def rows_of_each(weights: Sequence[float], rows: int) -> list[int]:
    """Return how many of `rows` each source gives: its share rounded up, while rows are left.

    Raises:
        UserError: no weight is above 0.
    """
    total = sum(weights)
    if not total > 0:
        raise UserError("dataset.configs: no weight is above 0, so that nothing can be drawn")
    shares: list[int] = []
    left = rows
    for weight in weights:
        share = min(math.ceil(rows * (weight / total)), left)
        shares.append(share)
        left -= share
    return shares


def drawn_positions(rows: int, wanted: int) -> np.ndarray:
    """Return which of `rows` are drawn, in the order drawn, int64 `[wanted]`.

    All of them stay in order where just as many are wanted; where more are, rows come again.
    """
    if wanted == rows:
        return np.arange(rows)
    order = np.random.default_rng(SEED).permutation(rows)
    return order[np.arange(wanted) % rows]


def write_drawn(
    path: Path, sources: Sequence[Sequence[Path]], shares: Sequence[int], reader: RowReader
) -> None:
    """Write the rows drawn from each source, a list of files, one source after the other.

    The rows of one source that are drawn are held in memory. Picture paths are made right for
    where `path` lies.

    Raises:
        UserError: a source has no row, or a row is none.
    """
    with complete_or_absent(path) as temporary, open(temporary, "wb") as stream:
        for files, wanted in zip(sources, shares, strict=True):
            if wanted > 0:
                stream.writelines(_drawn(files, wanted, reader, path))


def _drawn(files: Sequence[Path], wanted: int, reader: RowReader, path: Path) -> Iterator[bytes]:
    rows = sum(1 for _ in _rows(files, reader))
    if rows == 0:
        raise UserError(f"{', '.join(map(str, files))} holds no row to draw")
    positions = drawn_positions(rows, wanted)
    chosen = set(positions.tolist())
    contents: dict[int, bytes] = {}
    for position, (file, number, content) in enumerate(_rows(files, reader)):
        if position in chosen:
            row = parse_row(file, number, content)
            contents[position] = dump_json(_moved(row, file, path, reader.form.image_key)) + b"\n"
    for position in positions.tolist():
        yield contents[position]


def _rows(files: Sequence[Path], reader: RowReader) -> Iterator[tuple[Path, int, bytes]]:
    for file in files:
        for number, content in reader.rows(file):
            yield file, number, content


def _moved(row: dict[str, Any], file: Path, path: Path, image_key: str) -> dict[str, Any]:
    """Return a row of `file` as it is right in `path`: its pictures, and the ending of its file."""
    if ending(file) != ending(path):
        row.setdefault(SUFFIX_FIELD, ending(file))
    names = row.get(image_key)
    if not isinstance(names, list):
        return row
    folder = file.parent.resolve()
    target = path.parent.resolve()
    moved: list[Any] = []
    for name in names:
        # what is no path is told by who reads the row
        moved.append(moved_path(name, folder, target) if isinstance(name, str) else name)
    row[image_key] = moved
    return row
