"""What a run was asked, as one hash."""

from __future__ import annotations

import json

import pyarrow as pa

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.tables.items import completed

# what tells one question from another, beside its number of rolled rows
WORDS = ("question", "answer", "options")


def questions_hash(items: pa.Table) -> str:
    """Return 16 hex digits that stand for all that a run was asked, whatever the order.

    "" of a table that an older version wrote, which does not hold the options.
    """
    # without names: a drawn board's is a hash of its bytes, which another processor may round
    asked = completed(items).select(["benchmark", "rows", *WORDS]).to_pylist()
    lines = set()
    for row in asked:
        if row["benchmark"] == "mmbench" and row["options"] is None:
            return ""
        lines.add(json.dumps(list(row.values())))
    return sha256_of_bytes("\n".join(sorted(lines)).encode())[:16]
