"""Parquet files, and their bytes, as tables: a changed bit is an error, not another value."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ALL_ROWS: Mapping[str, Sequence[str]] = {}


def opened_parquet(source: str | pa.BufferReader) -> pq.ParquetFile:
    """Open a parquet file; pages that have a checksum are held against it when they are read.

    Raises:
        FileNotFoundError: no such file.
        pa.ArrowException: it is none, or the names of its columns are damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(source, page_checksum_verification=True)
        # names have no checksum, but stand there twice
        again = (file.metadata.metadata or {}).get(b"ARROW:schema")
        if again is None or file.schema_arrow.names == _schema_in(again).names:
            return file
    except (UnicodeDecodeError, binascii.Error):
        pass
    raise pa.ArrowInvalid("the names of its columns are damaged")


def _schema_in(text: bytes) -> pa.Schema:
    import pyarrow as pa

    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text, validate=True)))


def table_of_file(
    file: pq.ParquetFile,
    columns: Sequence[str] | None = None,
    row_group: int | None = None,
    use_threads: bool = True,
) -> pa.Table:
    """Return all columns of an open file or those that are named, in that order; all its rows or
    those of one group.

    Raises:
        pa.ArrowException: it is damaged, or has no such column.
    """
    import pyarrow as pa

    lacking = set(columns or ()) - set(file.schema_arrow.names)
    if lacking:
        raise pa.ArrowInvalid(f"there is no column {min(lacking)}")
    if row_group is None:
        table = file.read(columns, use_threads=use_threads)
    else:
        table = file.read_row_group(row_group, columns, use_threads=use_threads)
    # Text that is no UTF-8 is read as it is, and raises only where it becomes Python's: in files
    # of others, and of versions that wrote no checksums.
    table.validate(full=True)
    return table if columns is None else table.select(columns)


def table_in(
    content: bytes,
    columns: Sequence[str] | None = None,
    rows: Mapping[str, Sequence[str]] = ALL_ROWS,
) -> pa.Table:
    """Return the table that a parquet file's bytes hold; all columns or those that are named.

    Of `rows`, one of these values by the name of a column, only those are kept in memory.

    Raises:
        pa.ArrowException: the bytes are damaged, or there is no such column.
    """
    import pyarrow as pa

    # In this thread alone: Arrow's threads may let go of `content` after Python has ended, which
    # aborts a process that ends soon after reading.
    file = opened_parquet(pa.BufferReader(content))
    if not rows:
        return table_of_file(file, columns, use_threads=False)
    return rows_of_file(file, columns, rows)


def rows_of_file(
    file: pq.ParquetFile, columns: Sequence[str] | None, rows: Mapping[str, Sequence[str]]
) -> pa.Table:
    """Return the rows of an open file that have one of these values by the name of a column.

    Of the others no more than one group is in memory at a time.

    Raises:
        pa.ArrowException: it is damaged, or has no such column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    read = None if columns is None else list(dict.fromkeys([*columns, *rows]))
    parts: list[pa.Table] = []
    for number in range(file.num_row_groups):
        part = table_of_file(file, read, number, use_threads=False)
        for name, values in rows.items():
            part = part.filter(pc.is_in(part[name], pa.array(values, part[name].type)))
        parts.append(part)
    if not parts:
        none = file.schema_arrow.empty_table()
        parts.append(none if read is None else none.select(read))
    table = pa.concat_tables(parts)
    return table if columns is None else table.select(columns)
