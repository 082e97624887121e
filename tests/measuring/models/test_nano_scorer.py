"""The pipeline's own scorer behind the interface of the others."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.errors import UserError
from bettersynth.measuring.models import nano_scorer
from bettersynth.measuring.models.nano_scorer import NanoScorer


class TwoHeads:
    """A scorer whose embeddings are its inputs."""

    def similarity(self, pooled, texts):
        return np.array([row[0] + len(text) for row, text in zip(pooled, texts, strict=True)])

    def embed_images(self, pooled):
        return pooled

    def embed_texts(self, texts):
        return np.array([[len(text)] for text in texts])


@pytest.fixture
def scorer(tmp_path, monkeypatch):
    from bettersynth.models.backbones.lit_scorer import LitScorer

    asked = []

    def pooled(images, names, flips=NO_FLIPS):
        asked.append((list(names), flips))
        return np.array([[float(name)] for name in names])

    monkeypatch.setattr(nano_scorer, "nano_pooled", pooled)
    monkeypatch.setattr(LitScorer, "load", lambda folder: TwoHeads())
    monkeypatch.setattr(nano_scorer, "NANO_SCORER", tmp_path)
    scorer = NanoScorer()
    scorer.asked = asked
    return scorer


def test_features_of_a_picture_are_asked_for_once(scorer):
    pairs = [("7", "ab"), ("5", "abc"), ("7", "a")]
    flips = Flips(mirror=True)
    assert scorer.similarity(None, pairs, flips).tolist() == [9, 8, 8]
    assert scorer.asked == [(["7", "5"], flips)]


def test_pictures_and_texts_have_vectors(scorer):
    assert scorer.embed_images(None, ["3", "4"]).tolist() == [[3.0], [4.0]]
    assert scorer.embed_texts(["ab"]).tolist() == [[2]]


def test_a_missing_scorer_is_named_with_the_command_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="hf_clip: nano needs models/scorer; make it with `snake"):
        NanoScorer()
