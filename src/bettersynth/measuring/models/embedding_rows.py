"""Rows of embeddings: each input embedded once, rows of length 1, and the products of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def distinct_rows(values: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the distinct values in order of appearance.

    Beside them, the position of each value among them, int `[values]`.
    """
    position_of: dict[str, int] = {}
    for value in values:
        position_of.setdefault(value, len(position_of))
    rows = np.array([position_of[value] for value in values], dtype=np.int64)
    return list(position_of), rows


def pair_scores(
    images: np.ndarray, texts: np.ndarray, image_rows: np.ndarray, text_rows: np.ndarray
) -> np.ndarray:
    """Return the dot product of each pair, float32 `[pairs]`.

    `images` `[images, width]` and `texts` `[texts, width]` are embeddings; `image_rows` and
    `text_rows`, int `[pairs]`, say which rows make a pair.
    """
    # the products of the pairs alone: the whole table [images, texts] may be gigabytes
    return np.einsum("pw,pw->p", images[image_rows], texts[text_rows]).astype(np.float32)


def unit_rows(output: Any) -> Any:
    """Return rows of length 1 as a float32 tensor `[rows, width]`.

    `output` is a tensor of any float type, or the object around it that transformers 5 gives.
    """
    embedding = getattr(output, "pooler_output", output).float()
    return embedding / embedding.norm(p=2, dim=-1, keepdim=True)
