"""The one reader of jsonl files, and of json files that hold one list: each row with its place."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bettersynth.data.files.compressed import (
    damage_told,
    ending,
    open_unpacked,
    unpacked_bytes,
    unpacked_lines,
)
from bettersynth.data.files.reading import parse_json
from bettersynth.errors import UserError

# files that may be one list, or one object a line as .jsonl is
MAYBE_LISTS = (".json", ".json.gz", ".json.zst")
# bytes of a .json file that tell a list from one object a line
PEEK = 64


def dump_json(value: Any) -> bytes:
    """Return a value as one line of JSON, UTF-8.

    Half a surrogate pair, which no UTF-8 file can hold, is escaped as JSON may have it.
    """
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def numbered_rows(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the json of each row, from 1 on; blank lines count but give no row.

    A `.json` file that holds one list is read as its elements, with their position as number.

    Raises:
        FileNotFoundError: no such file.
    """
    values = _list_in(path) if ending(path) in MAYBE_LISTS else None
    if values is None:
        yield from _lines(path)
        return
    for number, value in enumerate(values, 1):
        yield number, dump_json(value)


def _list_in(path: Path) -> list[Any] | None:
    """Return the list that a `.json` file holds; None where it holds one object a line."""
    with open_unpacked(path) as stream, damage_told(path):
        start = stream.read(PEEK).removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] != b"[":
        return None
    values = parse_json(unpacked_bytes(path), str(path))
    return values if isinstance(values, list) else None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(unpacked_lines(path), 1):
        line = line.strip()
        if line:
            yield number, line


def json_rows(path: Path, one_list: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield the place (`FILE line 3`, `FILE entry 3` of a list) and the value of each row.

    `one_list` says that a `.json` file must hold a list, as LLaVA's do.

    Raises:
        FileNotFoundError: no such file.
        UserError: a row is not JSON, or there is no list where one must be.
    """
    if ending(path) in MAYBE_LISTS:
        values = parse_json(unpacked_bytes(path), str(path)) if one_list else _list_in(path)
        if isinstance(values, list):
            for number, row in enumerate(values, 1):
                yield f"{path} entry {number}", row
            return
        if one_list:
            raise UserError(
                f"{path} must hold a list of entries (LLaVA json); "
                "one object a line goes into a .jsonl file"
            )
    for number, content in _lines(path):
        place = f"{path} line {number}"
        yield place, parse_json(content, place)


def json_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place and row as `json_rows` does.

    Raises:
        FileNotFoundError: no such file.
        UserError: a row is not JSON, or no object with named fields.
    """
    for place, row in json_rows(path):
        yield place, require_object(row, place)


def require_object(row: Any, place: str) -> dict[str, Any]:
    """Return `row` if it is a JSON object.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(row, dict):
        raise UserError(f"{place}: a sample must be a JSON object, not {type(row).__name__}")
    return row


def parse_row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Return the row that `numbered_rows` found at a line.

    Raises:
        UserError: not a JSON object.
    """
    place = f"{path} line {number}"
    return require_object(parse_json(line, place), place)


def count_rows(path: Path) -> int:
    """Return about how many rows a data set has, by its line ends."""
    with open(path, "rb") as stream:
        rows = 0
        while block := stream.read(2**20):
            rows += block.count(b"\n")
        return rows
