"""image_aesthetics_filter: a head on CLIP's pictures, on tiny random weights."""

from __future__ import annotations

import math

import pytest
import torch
from support.one_operator import measured
from support.parity import batch_of

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

PICTURES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]

SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture
def tiny_predictor(tmp_path):
    declare_missing_schemas()
    from safetensors.torch import load_file, save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    folder = tmp_path / "aesthetics-predictor-tiny"
    config = CLIPVisionConfig(**SIZE, projection_dim=8, image_size=32, patch_size=16)
    CLIPVisionModelWithProjection(config).eval().save_pretrained(folder)
    save_clip_processor(folder)
    head = {
        "layers.0.weight": torch.randn(4, 8),
        "layers.0.bias": torch.ones(4),
        "layers.2.weight": torch.randn(1, 4),
    }
    weights = folder / "model.safetensors"
    save_file(load_file(weights) | head, weights, metadata={"format": "pt"})
    return str(folder)


def save_clip_processor(folder):
    from transformers import CLIPImageProcessor

    crop = {"height": 32, "width": 32}
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=crop).save_pretrained(folder)


def test_an_aesthetics_head_on_clip(tiny_predictor):
    batch = batch_of({"images": PICTURES})
    values, _ = measured("image_aesthetics_filter", batch, hf_scorer_model=tiny_predictor)
    scores = values["image_aesthetics_scores"][0]
    assert len(set(scores)) == 3
    assert all(math.isfinite(score) for score in scores)


def test_no_pictures_need_no_model():
    values, flags = measured(
        "image_aesthetics_filter", batch_of({"images": []}), hf_scorer_model="/nowhere"
    )
    assert values == {"image_aesthetics_scores": [[]]}
    assert flags == [True]
