"""Rows of parquet, arrow and Lance tables, as JSON."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.lance_tables import (
    LANCE,
    count_lance_rows,
    lance_batches,
    lance_columns,
)
from bettersynth.errors import UserError

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import pyarrow as pa

# rows in memory at a time; they may carry pictures
BATCH_ROWS = 256


def table_rows(
    path: Path, image_key: str, pictures: CarriedPictures
) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1 on, and the JSON of each row of a table.

    Pictures under `image_key`, as bytes or as Hugging Face's `{bytes, path}`, go to `pictures`;
    dates become ISO text, numbers that are not finite null.

    Raises:
        FileNotFoundError: no such file.
        UserError: as `table_columns`, or another column holds bytes.
    """
    number = 0
    for batch in _batches(path):
        for row in batch.to_pylist():
            number += 1
            place = f"{path} line {number}"
            if image_key in row:
                row[image_key] = _paths(row[image_key], path, place, pictures)
            for name, value in row.items():
                row[name] = _json_value(value, f"{place}: {name}")
            yield number, dump_json(row)


def table_columns(path: Path) -> pa.Schema:
    """Return the columns of a table; no row is read.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, or of Lance without the package that reads it.
    """
    if path.suffix.lower() == LANCE:
        return lance_columns(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _damage_told(path):
        if path.suffix.lower() == ".parquet":
            return pq.read_schema(path)
        with pa.memory_map(str(path)) as source:
            try:
                return pa.ipc.open_file(source).schema
            except pa.ArrowInvalid:
                source.seek(0)
                return pa.ipc.open_stream(source).schema


def count_table_rows(path: Path) -> int | None:
    """Return the rows of a table; None of an arrow file, which does not say.

    Raises:
        FileNotFoundError: no such file.
        UserError: as `table_columns`.
    """
    if path.suffix.lower() == LANCE:
        return count_lance_rows(path)
    if path.suffix.lower() != ".parquet":
        return None
    import pyarrow.parquet as pq

    with _damage_told(path):
        return int(pq.read_metadata(path).num_rows)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    if path.suffix.lower() == LANCE:
        yield from lance_batches(path, BATCH_ROWS)
        return
    read = _parquet_batches if path.suffix.lower() == ".parquet" else _arrow_batches
    with _damage_told(path):
        yield from read(path)


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Turn what pyarrow raises of a damaged file in the block into one line.

    Raises:
        UserError: it is damaged.
    """
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        # the disk's own, such as a missing file or permission
        if getattr(error, "errno", None):
            raise
        first_line = str(error).splitlines()[0]
        raise UserError(f"{path} cannot be read as {path.suffix[1:]}: {first_line}") from None


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS)


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an arrow file, or of a stream, which Hugging Face writes."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        try:
            file = pa.ipc.open_file(source)
        except pa.ArrowInvalid:
            source.seek(0)
            with pa.ipc.open_stream(source) as stream:
                yield from stream
            return
        for number in range(file.num_record_batches):
            yield file.get_batch(number)


def _paths(value: Any, path: Path, place: str, pictures: CarriedPictures) -> Any:
    """Return the pictures of a row as a list of paths; what is no picture stays as it is.

    One alone with neither bytes nor path is null: not all formats keep a null with fields.
    """
    if value == {"bytes": None, "path": None}:
        return None
    if isinstance(value, dict | bytes):
        value = [value]
    if not isinstance(value, list):
        return value
    paths: list[Any] = []
    for picture in value:
        if isinstance(picture, dict) and set(picture) == {"bytes", "path"}:
            picture = picture["path"] if picture["bytes"] is None else picture["bytes"]
        if isinstance(picture, bytes):
            picture = pictures.keep(picture, path, place)
        paths.append(picture)
    return paths


def _json_value(value: Any, where: str) -> Any:
    """Return a value as JSON can hold it.

    Raises:
        UserError: it holds bytes.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _json_value(item, f"{where}.{name}") for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item, where) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return _json_value(float(value), where)
    if isinstance(value, bytes):
        raise UserError(
            f"{where} holds bytes, which a row cannot; image_key names the column of pictures, "
            "other columns of bytes must be left out of the file"
        )
    return str(value)
