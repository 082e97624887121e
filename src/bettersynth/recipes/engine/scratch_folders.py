"""Folders beside an export in which runs keep their rows between passes; killed runs leave them."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_folder_beside(export: Path) -> Iterator[Path]:
    """Yield a new folder beside `export` that is gone afterwards, and remove what others left."""
    export.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(export)
    prefix = f"{scratch_prefix(export)}{os.getpid()}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=export.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_prefix(export: Path) -> str:
    """Return how the folders of this machine's runs of `export` are called.

    The id of the process follows; it means nothing on another machine, so the host stands in it.
    """
    return f".{export.name}.{socket.gethostname()}-"


def remove_leftovers(export: Path) -> None:
    """Remove what killed runs of this export left: folders of processes that are no more."""
    prefix = scratch_prefix(export)
    for folder in export.parent.glob(f"{glob.escape(prefix)}*"):
        process = folder.name.removeprefix(prefix).partition("-")[0]
        try:
            # signal 0 only asks whether it is there
            os.kill(int(process), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue
