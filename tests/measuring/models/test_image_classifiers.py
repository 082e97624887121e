"""Scores of single pictures; the models are tried by the filters that use them."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import batch_of

from bettersynth.errors import UserError
from bettersynth.measuring.models import image_classifiers
from bettersynth.measuring.models.image_classifiers import (
    BACKEND,
    distinct_scores,
    load_transformers,
    second_class,
)

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


@pytest.fixture
def tiny_vit(tmp_path):
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = ViTConfig(**size, intermediate_size=16, image_size=32, patch_size=16, num_labels=2)
    ViTForImageClassification(config).eval().save_pretrained(tmp_path)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    return str(tmp_path)


def test_pictures_are_resized_by_pil_as_the_peer_does(tiny_vit):
    import torch
    from transformers import ViTForImageClassification, ViTImageProcessorPil

    batch = batch_of({"images": [SHAPES, "images/grad.png"]})
    pictures = [batch.pictures.picture(name) for name in batch.images[0]]
    pixels = ViTImageProcessorPil.from_pretrained(tiny_vit)(images=pictures, return_tensors="pt")
    with torch.no_grad():
        logits = ViTForImageClassification.from_pretrained(tiny_vit)(**pixels).logits
    expected = logits.softmax(dim=-1)[:, 1].numpy()
    np.testing.assert_allclose(second_class(tiny_vit)(pictures), expected, rtol=0, atol=1.1e-6)


def test_so_are_those_of_a_processor_of_pictures_and_texts(tmp_path):
    from transformers import AutoProcessor, BertTokenizer, BlipImageProcessor, BlipProcessor

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\ndog")
    images = BlipImageProcessor(size={"height": 32, "width": 32})
    BlipProcessor(images, BertTokenizer(str(tmp_path / "vocab.txt"))).save_pretrained(tmp_path)
    processor = AutoProcessor.from_pretrained(tmp_path, backend=BACKEND)
    assert type(processor.image_processor).__name__ == "BlipImageProcessorPil"
