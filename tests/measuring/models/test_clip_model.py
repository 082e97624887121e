"""CLIP's two towers against the class of transformers."""

from __future__ import annotations

import json

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.measuring.models.clip_model import ClipModel
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


# 2 is the end mark that old configurations name: there the largest id stands for it
@pytest.mark.parametrize(("end", "activation"), [(2, "quick_gelu"), (9, "gelu")])
def test_our_clip_gives_what_the_class_of_transformers_gives(tmp_path, end, activation):
    declare_missing_schemas()
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    text = {
        **SIZE,
        "vocab_size": 12,
        "eos_token_id": end,
        "max_position_embeddings": 8,
        "hidden_act": activation,
    }
    vision = {**SIZE, "image_size": 32, "patch_size": 16, "hidden_act": activation}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
    theirs = CLIPModel(config).eval()
    theirs.save_pretrained(tmp_path)
    ours = ClipModel.load(str(tmp_path))
    ids = torch.tensor([[1, 4, 9, 0, 0], [1, 5, 6, 7, 9]])
    if end == 2:
        ids = torch.where(ids == 9, 11, ids)
    pixels = torch.randn(3, 3, 32, 32)
    with torch.inference_mode():
        logits = theirs(input_ids=ids, pixel_values=pixels).logits_per_text
    similarity = (ours.encoded(ids) @ ours.images(pixels).T * ours.scale).cpu()
    assert torch.allclose(similarity, logits, atol=1e-5)


def test_another_architecture_is_left_to_transformers(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "siglip"}))
    assert ClipModel.load(str(tmp_path)) is None


def test_weights_that_are_no_whole_clip_are_named(tmp_path):
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    save_file({"weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(UserError, match="holds no whole CLIP: there is no logit_scale"):
        ClipModel.load(str(tmp_path))
