"""Another contrastive model than CLIP, through transformers."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from support.parity import FOLDER

from bettersynth.errors import UserError
from bettersynth.measuring.models.clip_model import ClipModel
from bettersynth.measuring.models.contrastive_model import ContrastiveModel
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

TEXTS = ["a dog", "a red car in the sun", "trees"]


def test_a_clip_read_by_transformers_gives_what_ours_gives():
    folder = str(FOLDER / "clip_tiny")
    theirs, ours = ContrastiveModel(folder, False), ClipModel.load(folder)
    side = ours.vision_config.image_size
    pixels = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    assert theirs.scale == pytest.approx(ours.scale)
    np.testing.assert_allclose(theirs.images(pixels).cpu(), ours.images(pixels).cpu(), atol=1e-5)
    np.testing.assert_allclose(theirs.texts(TEXTS).cpu(), ours.texts(TEXTS).cpu(), atol=1e-5)


def test_a_model_of_transformers_computes_in_the_precision_asked_for():
    folder = str(FOLDER / "clip_tiny")
    exact, rounded = ContrastiveModel(folder, False), ContrastiveModel(folder, False, "bfloat16")
    assert rounded.scale == exact.scale
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for near, true in (
        (rounded.images(pixels), exact.images(pixels)),
        (rounded.texts(TEXTS), exact.texts(TEXTS)),
    ):
        assert near.dtype == torch.float32
        cosines = (near * true).sum(dim=1)
        assert not torch.equal(near, true)
        np.testing.assert_allclose(cosines.cpu(), 1, atol=1e-3)


def test_a_model_of_one_tower_is_refused(tmp_path):
    declare_missing_schemas()
    from transformers import BertConfig, BertModel

    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        vocab_size=8,
    )
    BertModel(config).save_pretrained(tmp_path)
    shutil.copy(FOLDER / "clip_tiny/vocab.json", tmp_path)
    with pytest.raises(UserError, match="is a BertModel, not a contrastive image-text model"):
        ContrastiveModel(str(tmp_path), False)
