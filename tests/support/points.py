"""Made-up points as the operators that compare embeddings see them."""

from __future__ import annotations

import base64

import numpy as np

from bettersynth.measuring.protocols import EMBEDDING, Values


def embedding_column(vectors: np.ndarray) -> Values:
    """Return points `[rows, width]` as the stat column holds them; a row of NaN has none."""
    column = []
    for vector in vectors:
        data = vector.astype("<f2").tobytes()
        column.append("" if np.isnan(vector).any() else base64.b64encode(data).decode())
    return {EMBEDDING: column}


def groups(sizes: list[int], noise: float = 0.01, width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Return points `[rows, width]` around as many directions as there are sizes, shuffled.

    Beside them, the group of each, int `[rows]`.
    """
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    points = np.eye(len(sizes), width)[group] + noise * rng.standard_normal((len(group), width))
    return points, group
