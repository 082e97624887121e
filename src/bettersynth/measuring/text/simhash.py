"""The SimHash of a text: 64 bits that are close where texts are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def simhash(shingles: Sequence[bytes]) -> int:
    """Return the 64 bits that more than half of the shingles' hashes have set.

    Each shingle is counted as often as it occurs; without any, no bit is set.
    """
    if not shingles:
        return 0
    # as Data-Juicer's simhash: md5, of which 8 bytes count
    digests = [hashlib.md5(shingle, usedforsecurity=False).digest()[:8] for shingle in shingles]
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 8)
    bits = np.unpackbits(hashes, axis=1)  # [shingles, 64]
    set_by_most = 2 * bits.sum(axis=0, dtype=np.int64) > len(shingles)
    return int.from_bytes(np.packbits(set_by_most).tobytes(), "big")
