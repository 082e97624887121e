"""Similarities by a tiny CLIP."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import FOLDER, batch_of

from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.errors import UserError
from bettersynth.measuring.models import clip_scorer
from bettersynth.measuring.models.clip_scorer import ClipScorer

GRAY, SHAPES = "images/gray.png", "images/shapes0.png"
PAIRS = [(GRAY, "a dog"), (SHAPES, "a dog"), (GRAY, "a cat"), (GRAY, "a dog")]


@pytest.fixture(scope="module")
def scorer():
    return ClipScorer(str(FOLDER / "clip_tiny"), False)


def test_a_similarity_is_the_scaled_cosine_of_its_pair(scorer):
    pictures = batch_of().pictures
    scores = scorer.similarity(pictures, PAIRS, NO_FLIPS)
    assert scores.dtype == np.float32
    assert scores[0] == scores[3]
    vectors = scorer.embed_images(pictures, [name for name, _ in PAIRS])
    words = scorer.embed_texts([text for _, text in PAIRS])
    cosines = (vectors * words).sum(axis=1) * scorer.scale / 100
    np.testing.assert_allclose(scores, cosines, atol=1e-6)


def test_pictures_in_several_batches_are_the_same(scorer, monkeypatch):
    pictures = batch_of().pictures
    together = scorer.embed_images(pictures, [GRAY, SHAPES, GRAY])
    monkeypatch.setattr(clip_scorer, "IMAGE_BATCH", 1)
    alone = scorer.embed_images(pictures, [GRAY, SHAPES, GRAY])
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_a_flipped_picture_has_another_vector(scorer):
    pictures = batch_of().pictures
    upright = scorer.embed_images(pictures, [SHAPES])
    flipped = scorer.embed_images(pictures, [SHAPES], Flips(mirror=True))
    assert not np.allclose(upright, flipped)


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot load the model .*nothing of hf_clip"):
        ClipScorer(str(tmp_path / "nothing"), False)


# (precision, largest difference to a cosine in float32 that is let pass)
ROUNDED = [("bfloat16", 0.01), ("float16", 0.001)]


@pytest.mark.parametrize(("precision", "tolerance"), ROUNDED)
def test_half_precisions_give_unit_rows_in_float32_near_those_of_float32(
    scorer, precision, tolerance
):
    pictures = batch_of().pictures
    rounded = ClipScorer(str(FOLDER / "clip_tiny"), False, precision)
    assert rounded.scale == scorer.scale
    vectors = rounded.embed_images(pictures, [GRAY, SHAPES])
    words = rounded.embed_texts(["a dog", "a cat"])
    for rows in (vectors, words):
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    exact = scorer.similarity(pictures, PAIRS, NO_FLIPS)
    near = rounded.similarity(pictures, PAIRS, NO_FLIPS)
    assert near.dtype == np.float32
    assert 0 < np.abs(near - exact).max() < tolerance * scorer.scale / 100
