"""Writing files: complete or absent, equal bytes for equal content."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.leftovers import remove_leftovers, temporary_prefix

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import pyarrow as pa

# what pyarrow writes as one group of rows
ROWS_OF_A_GROUP = 1024 * 1024
# a note of an error, before the path
WHILE_WRITING = "while writing "


@contextlib.contextmanager
def complete_or_absent(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` for the block to write.

    It is renamed onto `path` when the block succeeds, and removed when it fails. When the block is
    left, the bytes are on the disk, so that a machine that loses its power keeps the one or the
    other too. What killed processes of this machine left in the folder is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent.absolute())
    handle, name = tempfile.mkstemp(prefix=temporary_prefix(path.name), dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with naming_in_errors(path):
            yield temporary
        # mkstemp lets the owner alone read; the file gets what `open` would have given it.
        # The umask can only be read by setting it.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        # first the bytes, then the name: after a power cut a whole file or the old one
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def naming_in_errors(path: str | Path) -> Iterator[None]:
    """Say in any error of the block which file was being written: a full disk's own does not."""
    try:
        yield
    # whatever it is: it is raised again with a note
    except Exception as error:
        error.add_note(f"{WHILE_WRITING}{path}")
        raise


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON with a final newline.

    NaN is refused: it is not JSON.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with complete_or_absent(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: str | Path, table: pa.Table) -> None:
    """Write a parquet file whose bytes depend on the table alone (zstd, no timestamps).

    Each page has a checksum, so that a changed bit is told by who reads it.
    """
    starts = range(0, max(1, table.num_rows), ROWS_OF_A_GROUP)
    write_parts(path, (table.slice(start, ROWS_OF_A_GROUP) for start in starts))


def write_parts(path: str | Path, parts: Iterable[pa.Table]) -> None:
    """Write the file of `write_table`, of which each part is made when it is its turn.

    There is a part at least, and all but the last have `ROWS_OF_A_GROUP` rows.
    """
    import pyarrow.parquet as pq

    waiting = iter(parts)
    first = next(waiting)
    with (
        complete_or_absent(path) as temporary,
        pq.ParquetWriter(
            temporary, first.schema, compression="zstd", write_page_checksum=True
        ) as writer,
    ):
        for part in itertools.chain([first], waiting):
            # how a column lies in memory would decide where its pages end
            writer.write_table(part.combine_chunks(), ROWS_OF_A_GROUP)
