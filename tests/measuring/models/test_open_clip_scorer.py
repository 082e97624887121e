"""Similarities by a model of open_clip, with random weights."""

from __future__ import annotations

import pytest
import torch
from support.one_operator import measured
from support.parity import batch_of

from bettersynth.errors import UserError
from bettersynth.measuring.models.image_text_scorers import load_scorer
from bettersynth.measuring.models.open_clip_scorer import OpenClipScorer
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas


def test_an_open_clip_model_scores(tmp_path):
    declare_missing_schemas()
    import open_clip

    torch.manual_seed(0)
    network = open_clip.create_model("ViT-S-32-alt", pretrained=None)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    sample = {"text": "<__dj__image> a dog <|__dj__eoc|>", "images": ["images/shapes0.png"]}
    name = f"open_clip:ViT-S-32-alt/{tmp_path / 'weights.pt'}"
    values, _ = measured("image_text_similarity_filter", batch_of(sample), hf_clip=name)
    exact = values["image_text_similarity"][0][0]
    assert -1 <= exact <= 1
    rounded = {"hf_clip": name, "precision": "bfloat16"}
    values, _ = measured("image_text_similarity_filter", batch_of(sample), **rounded)
    load_scorer.cache_clear()
    assert 0 < abs(values["image_text_similarity"][0][0] - exact) < 0.01


def test_an_unknown_architecture_and_missing_weights_are_named(tmp_path):
    with pytest.raises(UserError, match="open_clip has no architecture ViT-X"):
        OpenClipScorer("ViT-X/openai")
    with pytest.raises(UserError, match="cannot load open_clip:ViT-S-32-alt/.*nothing"):
        OpenClipScorer(f"ViT-S-32-alt/{tmp_path / 'nothing.pt'}")
