"""image_watermark_filter: a classifier's second class, on tiny random weights."""

from __future__ import annotations

import pytest
import torch
from support.one_operator import measured
from support.parity import batch_of

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture
def tiny_classifier(tmp_path):
    declare_missing_schemas()
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    config = ViTConfig(**SIZE, image_size=32, patch_size=16, num_labels=2)
    ViTForImageClassification(config).eval().save_pretrained(tmp_path)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    return str(tmp_path)


def test_each_distinct_picture_is_scored(tiny_classifier):
    twice = ["images/shapes0.png", "images/shapes0.png", "images/gray.png"]
    batch, settings = batch_of({"images": twice}), {"hf_watermark_model": tiny_classifier}
    values, _ = measured("image_watermark_filter", batch, **settings)
    scores = values["image_watermark_prob"][0]
    assert len(scores) == 2
    assert 0 < scores[0] < 1
    assert scores[0] != scores[1]
    _, flags = measured("image_watermark_filter", batch, prob_threshold=0.0, **settings)
    assert flags == [False]


def test_no_pictures_need_no_model():
    values, flags = measured(
        "image_watermark_filter", batch_of({"images": []}), hf_watermark_model="/nowhere"
    )
    assert values == {"image_watermark_prob": [[]]}
    assert flags == [True]
