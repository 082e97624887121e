"""Tables in Lance's format: folders `NAME.lance`, read through the optional package pylance."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

LANCE = ".lance"
# Bytes that are read ahead at most, by default 2 GB: rows may carry pictures
READ_AHEAD = 2**26
# what pylance says behind a reason: the place in its own source
_OWN_PLACE = re.compile(r"(, \S+\.rs:\d+:\d+)+$")
# the module of its exception for what it did not foresee, which is no `Exception`
_PANICS = "pyo3_runtime"


def is_lance(path: Path) -> bool:
    """Return whether a path is the folder of a Lance table."""
    return path.suffix.lower() == LANCE and (path / "_versions").is_dir()


def require_whole(path: Path) -> None:
    """Pass if a path is no folder of a Lance table, or of one with versions.

    Raises:
        UserError: it is a part of one: it was not copied to its end.
    """
    if path.suffix.lower() == LANCE and (path / "data").is_dir() and not is_lance(path):
        raise UserError(f"{path} is a part of a table of Lance: it has no _versions")


def lance_columns(path: Path) -> pa.Schema:
    """Return the columns of a table's newest version; no row is read.

    Raises:
        UserError: it is damaged, or pylance is not installed.
    """
    with _damage_told(path):
        return _opened(path).schema


def count_lance_rows(path: Path) -> int:
    """Return the rows of a table's newest version, without those deleted.

    Raises:
        UserError: it is damaged, or pylance is not installed.
    """
    with _damage_told(path):
        return int(_opened(path).count_rows())


def lance_batches(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the newest version of a table in its order, at most so many `rows` at a time.

    Columns of blobs are bytes, as any other column of bytes.

    Raises:
        UserError: it is damaged, or pylance is not installed.
    """
    with _damage_told(path):
        yield from _opened(path).to_batches(
            batch_size=rows,
            batch_readahead=1,
            fragment_readahead=1,
            io_buffer_size=READ_AHEAD,
            scan_in_order=True,
            blob_handling="all_binary",
        )


def _opened(path: Path) -> Any:
    if path.is_file():
        raise UserError(f"{path} is a file; a table of Lance is a folder")
    try:
        # by this name: a folder called lance in the working folder is a module too
        from lance import dataset
    except ImportError:
        raise UserError(
            f"{path}: Lance is read with the package pylance: pip install 'bettersynth[lance]'"
        ) from None
    return dataset(str(path))


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Turn what pylance raises of a damaged table in the block into one line.

    Raises:
        UserError: it is damaged.
    """
    try:
        yield
    # damaged bytes may end in a panic of pylance's Rust, which is a BaseException
    except BaseException as error:
        is_panic = type(error).__module__ == _PANICS
        if not is_panic and not isinstance(error, ValueError | OSError | RuntimeError):
            raise
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path} cannot be read as lance: {_OWN_PLACE.sub('', words)}") from None
