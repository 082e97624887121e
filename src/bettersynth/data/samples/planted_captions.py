"""The planted mismatches of the pool, whose captions are others' on purpose: the truth of tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.column_rows import contained
from bettersynth.data.tables.planted import PLANTED, read_planted


def original_captions(ids: pa.ChunkedArray) -> dict[str, str]:
    """Return the caption that was taken from each of the planted mismatches among `ids`, by id."""
    if not PLANTED.exists():
        return {}
    table = read_planted(["id", "planted", "original_text"])
    own = table.filter(pa.array(contained(table["id"], ids))).to_pylist()
    return {row["id"]: caption_of_text(row["original_text"]) for row in own if row["planted"]}


def planted_rows(ids: pa.ChunkedArray) -> np.ndarray | None:
    """Return which of the samples `ids` are planted mismatches, bool `[ids]`.

    None for a source without the table, which plants none.
    """
    if not PLANTED.exists():
        return None
    table = read_planted(["id", "planted"])
    return contained(ids, table["id"].filter(table["planted"]))
