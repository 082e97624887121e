"""Writing files so that they are complete or absent, and so that equal content gives equal bytes."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # 30 MB that a recipe's run does without
    import pyarrow as pa


@contextlib.contextmanager
def complete_or_absent(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` for the block to write.

    It is renamed onto `path` when the block succeeds, and removed when it fails.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp lets the owner alone read; the file gets what `open` would have given it.
        # The umask can only be read by setting it.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON with a final newline.

    NaN is refused: it is not JSON.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with complete_or_absent(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: str | Path, table: pa.Table) -> None:
    """Write a parquet file whose bytes depend on the table alone (zstd, no timestamps)."""
    import pyarrow.parquet as pq

    with complete_or_absent(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
