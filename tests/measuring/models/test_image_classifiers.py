"""Scores of single pictures; the models are tried by the filters that use them."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import batch_of

from bettersynth.errors import UserError
from bettersynth.measuring.models import image_classifiers
from bettersynth.measuring.models.image_classifiers import distinct_scores, load_transformers

GRAY, SHAPES = "images/gray.png", "images/shapes0.png"


def test_each_picture_is_scored_once_and_counts_once_a_sample(monkeypatch):
    monkeypatch.setattr(image_classifiers, "BATCH", 1)
    sizes = []

    def width(pictures):
        sizes.append(len(pictures))
        return np.array([picture.width for picture in pictures])

    batch = batch_of({"images": [GRAY, GRAY, SHAPES]}, {"images": [SHAPES]}, {"images": []})
    gray, shapes = (batch.pictures.shape(name)[0] for name in (GRAY, SHAPES))
    assert distinct_scores(batch, lambda: width) == [[gray, shapes], [shapes], []]
    assert sizes == [1, 1]


def test_no_picture_asks_for_no_model():
    assert distinct_scores(batch_of({"images": []}), lambda: 1 / 0) == [[]]


def test_a_missing_model_is_named(tmp_path):
    missing = str(tmp_path / "nothing")
    with pytest.raises(UserError, match="cannot load the model .*nothing"):
        load_transformers("AutoModelForImageClassification", missing, False)
