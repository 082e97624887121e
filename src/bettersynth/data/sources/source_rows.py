"""The rows of a source's file: jsonl, a json that is one list, or parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.data.files.reading import parse_json
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.lance_tables import is_lance
from bettersynth.data.row_files.reading import TABLE_ENDINGS
from bettersynth.data.row_files.row_file import require_utf8
from bettersynth.data.row_files.table_rows import table_columns, table_rows
from bettersynth.data.row_files.tar_rows import first_kinds
from bettersynth.errors import UserError
from bettersynth.settings.one_source import SampleType

if TYPE_CHECKING:
    import pyarrow as pa

PICTURES = ("images", "image")
# what `bettersynth run` reads and a source is not
NO_SOURCES = (".arrow", ".lance", ".tar")


def source_rows(file: Path, type: SampleType = "caption") -> Iterator[tuple[str, Any]]:
    """Yield the place and the value of each row.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, text but not UTF-8, or as `require_source_file`.
    """
    require_source_file(file, type)
    if ending(file) != ".parquet":
        require_utf8(file)
        yield from json_rows(file, one_list=True)
        return
    # never written to: a column that carries pictures was refused
    pictures = CarriedPictures(file.parent)
    for number, content in table_rows(file, PICTURES[0], pictures):
        place = f"{file} line {number}"
        yield place, parse_json(content, place)


def require_source_file(file: Path, type: SampleType) -> None:
    """Pass if a file is of a kind that a source may be, and of parquet has the columns of `type`.

    Of its rows it reads none.

    Raises:
        UserError: it is a folder, a tar, an arrow file or a table of Lance, or a column is missing
            or no text.
    """
    if file.is_dir() or ending(file) in NO_SOURCES:
        raise UserError(
            f"{file} is {described(file)}; a source is a .jsonl, .json or .parquet file: "
            f"`bettersynth run` with dataset_path: {file} makes one of it"
        )
    if ending(file) == ".parquet":
        _require_columns(file, table_columns(file), type)


def described(file: Path) -> str:
    """Return in words what a path is that is no file of JSON, with the columns of its first file.

    Raises:
        UserError: it is damaged, or a folder without a file of rows.
    """
    files = dataset_files(file) if file.is_dir() else [file]
    first = files[0]
    if ending(first) == ".tar":
        kinds = ", ".join(first_kinds(first)) or "nothing"
        held = f"whose first sample has: {kinds}"
    elif ending(first) in TABLE_ENDINGS:
        held = f"with the columns: {', '.join(table_columns(first).names)}"
    else:
        held = ""
    if file.is_dir():
        what = "a table of Lance" if is_lance(file) else f"a folder of {ending(first)} files"
    else:
        what = f"a {ending(first)} file"
    return f"{what} {held}".strip()


def _require_columns(file: Path, schema: pa.Schema, type: SampleType) -> None:
    names = schema.names
    its_columns = f"its columns: {', '.join(names)}"
    if type != "caption" and "conversations" not in names:
        raise UserError(
            f"{file} has no column conversations, which a source of type {type} needs; "
            f"{its_columns}"
        )
    if "conversations" not in names and "text" not in names:
        raise UserError(
            f"{file} has no column text (with images) and none conversations; {its_columns}"
        )
    if type == "caption" and not any(name in names for name in PICTURES):
        raise UserError(f"{file} has no column images, with the paths of pictures; {its_columns}")
    for name in PICTURES:
        if name in names and not _holds_paths(schema.field(name).type):
            raise UserError(
                f"{file}: the column {name} is of type {schema.field(name).type}; it must hold "
                "paths relative to the folder of images"
            )


def _holds_paths(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    if kinds.is_list(kind) or kinds.is_large_list(kind):
        kind = kind.value_type
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_null(kind))
