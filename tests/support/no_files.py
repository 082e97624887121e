"""What may lie in the place of a file and is none, and the words for it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

NO_FILES = {
    "folder": "a folder",
    "pipe": "a pipe",
    "device": "a device",
    "loop": "a link that leads back to itself",
}


def put(kind: str, path: Path) -> None:
    """Put one of `NO_FILES`, a `socket` or a `lost link` in the place of what lies at `path`."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        # bound by its name alone: a longer path is refused
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.relpath(path))
    else:
        targets = {"device": "/dev/zero", "loop": path.name, "lost link": "gone.jsonl"}
        path.symlink_to(targets[kind])
