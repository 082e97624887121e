"""One seed a run; from it, one a random choice."""

from __future__ import annotations

import zlib


def choice_seed(seed: int, choice: str) -> int:
    """Return a seed of 31 bits that belongs to one named choice of one run."""
    # not `hash`, which differs from process to process; 31 bits fit numpy's and torch's seeds
    return zlib.crc32(f"{seed}:{choice}".encode()) & 0x7FFFFFFF
