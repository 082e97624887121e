"""Columns of text and new versions of samples, from lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.recipes.mixing.candidates import Candidates


def column(*texts: str) -> pa.ChunkedArray:
    """Return a table's column of texts."""
    return pa.chunked_array([pa.array(texts, pa.string())])


def new_versions(
    rows: Sequence[int],
    similarity: Sequence[float] = (),
    candidate: Sequence[int] | None = None,
    text: Sequence[str] | None = None,
    image: Sequence[str] | None = None,
    **lines: Any,
) -> Candidates:
    """Return a version of each of the pool's `rows`, new captions of `tiny` by default."""
    count = len(rows)
    return Candidates(
        np.array(rows, dtype=np.int64),
        column(*["tiny"] * count),
        np.array(range(count) if candidate is None else candidate, dtype=np.int32),
        column(*(text or ["x"] * count)),
        column(*(image or [""] * count)),
        {"image_text_similarity": [[value] for value in similarity]} if similarity else {},
        lines,
    )
