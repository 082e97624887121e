"""The rows of a source's file: jsonl, a json that is one list, or parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.data.files.reading import parse_json
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.row_file import require_utf8
from bettersynth.data.row_files.table_rows import table_rows
from bettersynth.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

PICTURES = ("images", "image")


def source_rows(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield the place and the value of each row.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, text but not UTF-8, or a parquet file without the columns of a
            sample.
    """
    if ending(file) != ".parquet":
        require_utf8(file)
        yield from json_rows(file, one_list=True)
        return
    require_columns(file)
    # never written to: a column that carries pictures was refused
    pictures = CarriedPictures(file.parent)
    for number, content in table_rows(file, PICTURES[0], pictures):
        place = f"{file} line {number}"
        yield place, parse_json(content, place)


def require_columns(file: Path) -> None:
    """Pass if a parquet file has the columns of a sample.

    Raises:
        UserError: it has neither text nor conversations, or its pictures are no paths.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
    except pa.ArrowInvalid as error:
        raise UserError(f"{file} cannot be read as parquet: {error}") from None
    if "conversations" not in schema.names and "text" not in schema.names:
        raise UserError(
            f"{file} has no column text (with images) and none conversations; "
            f"its columns: {', '.join(schema.names)}"
        )
    for name in PICTURES:
        if name in schema.names and not _holds_paths(schema.field(name).type):
            raise UserError(
                f"{file}: the column {name} is of type {schema.field(name).type}; it must hold "
                "paths relative to the folder of images"
            )


def _holds_paths(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    if kinds.is_list(kind) or kinds.is_large_list(kind):
        kind = kind.value_type
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_null(kind))
