"""How many different things a set holds, by the likeness of each two: the Vendi score."""

from __future__ import annotations

import numpy as np


def vendi_score(rows: np.ndarray) -> float:
    """Return the effective number of different rows, from 1 (all alike) to n (none like another).

    `rows` `[n, width]` are embeddings of length 1, at least one; likeness is their cosine.

    exp of the entropy of the eigenvalues of K / n, with K the cosines `[n, n]`.

    Source: Friedman and Dieng, The Vendi Score (2023).

    Raises:
        ValueError: no rows, or rows of another length than 1.
    """
    rows = np.asarray(rows, dtype=np.float64)
    if not len(rows) or not np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3):
        raise ValueError(f"embeddings {rows.shape}: at least one row, each of length 1")
    number, width = rows.shape
    # X X^T and X^T X have the same eigenvalues but for zeros: the smaller of the two is enough
    product = rows @ rows.T if number < width else rows.T @ rows
    eigenvalues = np.linalg.eigvalsh(product / number)
    # rounding leaves some just below 0; of 0 itself, 0 log 0 is 0
    shares = eigenvalues[eigenvalues > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
