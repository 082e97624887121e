"""Reading JSON and parquet files; what is wrong with one is told in one line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.parquet_files import (
    ALL_ROWS,
    opened_parquet,
    rows_of_file,
    table_of_file,
)
from bettersynth.errors import UserError
from bettersynth.settings.regular_files import is_there, read_regular

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# Deeper values end the recursive code that reads and writes them, here or in a library. Larger
# files are held to Python's own limit alone: looking through one would take as long as reading it.
MAX_DEPTH = 100
DEPTH_READ_BYTES = 4 * 2**20

# characters; of a longer value the beginning is shown
LONG_VALUE = 60
TYPE_WORDS = {dict: "names with values", list: "a list", int: "a whole number", str: "text"}
NOTHING: Mapping[str, type] = {}


def read_json(path: str | Path) -> Any:
    """Return the value that a JSON file holds.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is no regular file, or as `parse_json`.
    """
    return parse_json(read_regular(path), str(path))


def parse_json(content: str | bytes, where: str) -> Any:
    """Return the value of JSON text found at `where` (a file, or a file and its line).

    Bytes are UTF-8, UTF-16 or UTF-32, marked or not.

    Raises:
        UserError: not JSON (NaN and Infinity are none), not text, a key twice in one object, nested
            deeper than `MAX_DEPTH`, or a number of thousands of digits.
    """
    try:
        if isinstance(content, bytes):
            content = content.decode(json.detect_encoding(content), "surrogatepass")
        value = _DECODER.decode(content)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}"
        if error.lineno != 1:
            place = f"line {error.lineno}, {place}"
        raise UserError(f"{where} is not valid JSON: {error.msg} ({place})") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not UTF-8 text: {error.reason} at byte {error.start}"
        ) from None
    except RecursionError:
        raise UserError(_too_deep(where)) from None
    except ValueError as error:
        raise UserError(f"{where} is not valid JSON: {error}") from None
    if _may_be_deep(content) and depth(value) > MAX_DEPTH:
        raise UserError(_too_deep(where))
    return value


def read_object(
    path: str | Path, has: Mapping[str, type] = NOTHING, may_have: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the object that a JSON file holds; `has` and `may_have` as in `require_mapping`.

    Raises:
        FileNotFoundError: no such file.
        UserError: as `read_json` and `require_mapping`.
    """
    return require_mapping(read_json(path), str(path), has, may_have)


def require_mapping(
    value: Any, where: str, has: Mapping[str, type] = NOTHING, may_have: Sequence[str] = ()
) -> dict[str, Any]:
    """Return `value`, found at `where`, if it maps names to values, those in `has` to one of the
    type given, and those in `may_have`, where they are there, to mappings.

    Raises:
        UserError: it does not; what stands there is shown.
    """
    if not isinstance(value, dict):
        raise UserError(f"{where} must hold {TYPE_WORDS[dict]}, not {_shortened(value)}")
    there = {name: dict for name in may_have if name in value}
    for name, kind in {**there, **has}.items():
        if name not in value:
            others = ", ".join(map(str, value)) or "nothing"
            raise UserError(f"{where} has no {name}, only: {others}")
        if not isinstance(value[name], kind):
            wanted = TYPE_WORDS[kind]
            raise UserError(f"{where}: {name} must be {wanted}, not {_shortened(value[name])}")
    return value


def _shortened(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONG_VALUE else f"{text[:LONG_VALUE]}..."


def _one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's keys and values; Python's own keeps the last of two values in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value of JSON; a missing value is null")


# made once: one for each row would take longer than the row
_DECODER = json.JSONDecoder(object_pairs_hook=_one_of_each, parse_constant=_refuse_constant)


def _too_deep(where: str) -> str:
    return f"{where} is nested deeper than {MAX_DEPTH} levels"


def _may_be_deep(content: str | bytes) -> bool:
    """Whether there are brackets enough; nearly all rows have fewer, and are passed at once."""
    if len(content) > DEPTH_READ_BYTES:
        return False
    if isinstance(content, str):
        return content.count("[") + content.count("{") > MAX_DEPTH
    return content.count(b"[") + content.count(b"{") > MAX_DEPTH


def depth(value: Any) -> int:
    """Return how many lists and mappings lie in each other at most, without recursion."""
    levels = 0
    level = [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        levels += 1
        inner: list[Any] = []
        for one in level:
            inner.extend(one.values() if isinstance(one, dict) else one)
        level = inner
    return levels


def read_array(path: str | Path, rows: int) -> np.ndarray:
    """Return a memory-mapped .npy file, `[rows, ...]`.

    Raises:
        UserError: it does not exist, is damaged, or holds another number of rows.
    """
    import numpy as np

    try:
        array = np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    except (ValueError, EOFError, SyntaxError, TypeError, LookupError, OverflowError):
        raise UserError(_damaged(path)) from None
    # an archive of arrays (.npz) under the name is no array
    if not isinstance(array, np.ndarray) or array.shape[:1] != (rows,):
        raise UserError(_damaged(path))
    return array


def _damaged(path: str | Path) -> str:
    return f"{path} is damaged; {brought_back(path)}"


def brought_back(path: str | Path) -> str:
    """Return what to do about a damaged file that a stage wrote."""
    return f"delete it and run `snakemake --cores all {path}`, which brings it back"


def read_table(
    path: str | Path,
    columns: list[str] | None = None,
    rows: Mapping[str, Sequence[str]] = ALL_ROWS,
) -> pa.Table:
    """Return a parquet file's table, or its rows that have one of the values `rows` by the name of
    a column.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, or a folder.
    """
    with _damage_told(path), opened_parquet(str(path)) as file:
        return rows_of_file(file, columns, rows) if rows else table_of_file(file, columns)


def column_names(path: str | Path) -> list[str]:
    """Return the names of a parquet file's columns; only its end is read.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is damaged, or a folder.
    """
    with _damage_told(path), opened_parquet(str(path)) as file:
        return file.schema_arrow.names


@contextlib.contextmanager
def _damage_told(path: str | Path) -> Iterator[None]:
    import pyarrow as pa

    # pyarrow takes a folder for a data set of many files, an empty one for no columns
    is_there(path)
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        # the disk's own, such as a missing permission
        if getattr(error, "errno", None):
            raise
        raise UserError(_damaged(path)) from None
