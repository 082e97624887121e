"""Damage that is done to files, and the copy of a finished tree that it is done in."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

FLIPPED_BYTES = 16
LEFT_OUT = (".venv", ".snakemake", ".cache/archives")
LINKED = ("data", "models", ".dvc/cache")


def halved(content: bytes) -> bytes:
    """Return what is left where a write was cut short."""
    return content[: len(content) // 2]


def emptied(_content: bytes) -> bytes:
    """Return nothing, as a full disk leaves of a file."""
    return b""


def flipped(content: bytes) -> bytes:
    """Return the content with `FLIPPED_BYTES` other bytes at random places."""
    damaged = bytearray(content)
    for _ in range(FLIPPED_BYTES):
        damaged[random.randrange(len(damaged))] ^= random.randrange(1, 256)
    return bytes(damaged)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "halved": halved,
    "emptied": emptied,
    "flipped": flipped,
}


def flip_in_place(path: Path) -> None:
    """Flip bytes as a failing disk does: the file stays the same one, with the time it had."""
    before = path.stat()
    content = flipped(path.read_bytes())
    with open(path, "r+b") as stream:
        stream.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def copy_of(tree: Path, folder: Path) -> Path:
    """Copy a finished tree; large files as links."""
    shutil.rmtree(folder, ignore_errors=True)
    skipped = {tree / name for name in (*LINKED, *LEFT_OUT)}

    def left_out(place: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(place, name) in skipped]

    shutil.copytree(tree, folder, ignore=left_out, symlinks=True)
    for name in LINKED:
        shutil.copytree(tree / name, folder / name, copy_function=os.link)
    return folder
