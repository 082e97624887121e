"""Inputs embedded once, rows of length 1, products of pairs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from bettersynth.measuring.models.embedding_rows import distinct_rows, pair_scores, unit_rows


def test_distinct_values_and_where_each_value_is_among_them():
    values, rows = distinct_rows(["b", "a", "b", "c"])
    assert values == ["b", "a", "c"]
    assert rows.tolist() == [0, 1, 0, 2]


def test_pairs_are_multiplied_row_by_row():
    images = np.array([[1.0, 0.0], [0.0, 2.0]])
    texts = np.array([[3.0, 4.0]])
    scores = pair_scores(images, texts, np.array([1, 0, 1]), np.array([0, 0, 0]))
    assert scores.dtype == np.float32
    assert scores.tolist() == [8.0, 3.0, 8.0]


def test_rows_get_the_length_1_also_inside_an_output_object():
    rows = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    expected = [[0.6, 0.8], [0.0, 1.0]]
    for output in (rows, SimpleNamespace(pooler_output=rows)):
        np.testing.assert_allclose(unit_rows(output).numpy(), expected, rtol=1e-6)
