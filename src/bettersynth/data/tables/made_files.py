"""Reading what a stage of the pipeline wrote; where it is missing, the message is the command that
makes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.jsonl_rows import json_objects
from bettersynth.data.files.parquet_files import ALL_ROWS
from bettersynth.data.files.reading import (
    NOTHING,
    brought_back,
    read_json,
    read_object,
    read_table,
)
from bettersynth.errors import UserError
from bettersynth.settings.regular_files import is_there

if TYPE_CHECKING:
    import pyarrow as pa


@contextlib.contextmanager
def made(path: Path) -> Iterator[None]:
    """Read a file that a stage writes in the block; a `UserError` says what brings it back.

    Raises:
        UserError: no stage has written it yet, it is no file, or what the block found wrong with
            it.
    """
    _require_made(path)
    try:
        yield
    except UserError as error:
        raise UserError(f"{error}; {brought_back(path)}") from None


def read_made_json(path: Path) -> Any:
    """Return the value of a JSON file that a stage writes.

    Raises:
        UserError: no stage has written it yet, or it is damaged.
    """
    with made(path):
        return read_json(path)


def read_made_object(
    path: Path, has: Mapping[str, type] = NOTHING, may_have: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the object of a JSON file that a stage writes; its parts as in `require_mapping`.

    Raises:
        UserError: no stage has written it yet, or it is damaged.
    """
    with made(path):
        return read_object(path, has, may_have)


def read_made_table(
    path: Path,
    columns: list[str] | None = None,
    rows: Mapping[str, Sequence[str]] = ALL_ROWS,
) -> pa.Table:
    """Return the table of a parquet file that a stage writes; `rows` as in `read_table`.

    Raises:
        UserError: no stage has written it yet, or it is damaged.
    """
    _require_made(path)
    return read_table(path, columns, rows)


def read_made_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a jsonl file that a stage writes.

    Raises:
        UserError: no stage has written it yet, or a line is no JSON object.
    """
    with made(path):
        return [row for _, row in json_objects(path)]


def read_made_bytes(path: Path) -> bytes:
    """Return the bytes of a file that a stage writes.

    Raises:
        UserError: no stage has written it yet.
    """
    _require_made(path)
    return path.read_bytes()


def _require_made(path: Path) -> None:
    if not is_there(path):
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
