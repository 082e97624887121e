"""Paths of pictures in rows that go to another folder."""

from __future__ import annotations

import os
from pathlib import Path

from bettersynth.data.files.addresses import is_address


def moved_path(name: str, folder: Path, target: Path) -> str:
    """Return a path relative to `folder` as one relative to `target`.

    An absolute one and an address (`https://...`) stay. Both folders are absolute.
    """
    if os.path.isabs(name) or is_address(name):
        return name
    return os.path.relpath(folder / name, target)
