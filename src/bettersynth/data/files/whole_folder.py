"""Writing a folder: the whole of it or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bettersynth.data.files.folder_beside import folder_beside


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` for the block to fill.

    It takes the place of `folder` when the block succeeds, and is removed when it fails.
    """
    # beside it, on the same disk: a rename across disks is a copy
    with folder_beside(folder) as scratch:
        fresh = scratch / "fresh"
        fresh.mkdir()
        yield fresh
        # a folder cannot be renamed over one that is full
        if folder.exists():
            folder.rename(scratch / "old")
        fresh.rename(folder)
