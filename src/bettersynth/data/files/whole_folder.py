"""Writing a folder: the whole of it or nothing."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` for the block to fill.

    It takes the place of `folder` when the block succeeds, and is removed when it fails.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # beside it, on the same disk: a rename across disks is a copy
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        # mkdtemp's own is for this user alone
        fresh.chmod(0o755)
        yield fresh
        _replace(folder, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(folder: Path, fresh: Path) -> None:
    """Put `fresh` in the place of `folder`: a folder cannot be renamed over one that is full."""
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    if folder.exists():
        folder.rename(old / folder.name)
    fresh.rename(folder)
    shutil.rmtree(old)
