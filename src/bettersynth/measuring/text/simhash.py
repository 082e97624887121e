"""The SimHash of a text: 64 bits that are close where texts are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def simhash(shingles: Sequence[bytes]) -> int:
    """Return the 64 bits that more than half of the shingles' hashes have set (each shingle counted as often as it occurs)."""
    if not shingles:
        return 0
    hashes = b"".join(
        hashlib.md5(shingle, usedforsecurity=False).digest()[:8] for shingle in shingles
    )
    bits = np.unpackbits(np.frombuffer(hashes, dtype=np.uint8).reshape(-1, 8), axis=1)
    return int.from_bytes(
        np.packbits(2 * bits.sum(axis=0, dtype=np.int64) > len(shingles)).tobytes(), "big"
    )
