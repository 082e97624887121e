"""Paths of pictures in rows that go to another folder."""

from __future__ import annotations

import os
from pathlib import Path


def moved_path(name: str, folder: Path, target: Path) -> str:
    """Return a path relative to `folder` as one relative to `target`; an absolute one stays.

    Both folders are absolute.
    """
    return name if os.path.isabs(name) else os.path.relpath(folder / name, target)
