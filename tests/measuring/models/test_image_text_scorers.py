"""Which scorer a name asks for."""

from __future__ import annotations

import pytest

from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.models.image_text_scorers import load_scorer, model_hash


@pytest.fixture
def names(monkeypatch):
    monkeypatch.setattr(image_text_scorers, "NanoScorer", lambda: "nano")
    monkeypatch.setattr(image_text_scorers, "OpenClipScorer", lambda *asked: ("open", *asked))
    monkeypatch.setattr(image_text_scorers, "ClipScorer", lambda *asked: ("clip", *asked))
    load_scorer.cache_clear()
    yield
    load_scorer.cache_clear()


def test_a_name_chooses_its_scorer(names):
    assert load_scorer("nano") == "nano"
    opened = load_scorer("open_clip:ViT-B-32/openai", False, "float16")
    assert opened == ("open", "ViT-B-32/openai", "float16")
    assert load_scorer("some/clip") == ("clip", "some/clip", False, "float32")
    assert load_scorer("some/clip", True, "bfloat16") == ("clip", "some/clip", True, "bfloat16")


def test_nanos_hash_is_that_of_heads_and_towers(tmp_path, monkeypatch):
    hashes = {"models/scorer": "a", "models/towers": "b", "some/clip": "c"}
    monkeypatch.setattr(image_text_scorers, "hash_of_model", lambda name: hashes[str(name)])
    assert model_hash("nano") == "ab"
    assert model_hash("some/clip") == "c"
