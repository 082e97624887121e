import json

import pytest
import torch
from transformers import CLIPVisionConfig

from bettersynth.errors import UserError
from bettersynth.models.architecture.vision_tower import VisionTower, read_clip_config

SMALL = CLIPVisionConfig(
    hidden_size=16,
    intermediate_size=16,
    num_hidden_layers=3,
    num_attention_heads=2,
    image_size=8,
    patch_size=4,
)


def test_patch_tokens_come_without_the_class_token_and_without_gradient():
    tokens = VisionTower(SMALL)(torch.zeros(2, 3, 8, 8))
    assert tokens.shape == (2, 4, 16)
    assert not tokens.requires_grad


def test_a_trainable_tower_passes_gradients_on():
    tower = VisionTower(SMALL)
    tower.trainable = True
    assert tower(torch.zeros(1, 3, 8, 8)).requires_grad


def test_layers_are_counted_from_either_end():
    assert VisionTower(SMALL, -2).used_layers == VisionTower(SMALL, 2).used_layers == 2
    with pytest.raises(UserError, match="the tower has 3 layers: allowed are -4 to 3"):
        VisionTower(SMALL, 4)


@pytest.mark.parametrize("layer", [-4, -3, -2, -1, 0, 1, 3])
def test_the_layer_is_the_hidden_state_of_that_number(layer):
    tower = VisionTower(SMALL, layer).eval()
    pictures = torch.rand(2, 3, 8, 8)
    states = tower.clip(pictures, output_hidden_states=True).hidden_states
    # as the reference takes it, which drops the class token too
    torch.testing.assert_close(tower(pictures), states[layer][:, 1:])


def test_a_text_model_in_the_same_file_is_passed_over():
    source = VisionTower(SMALL)
    weights = {f"vision_model.{name}": value for name, value in source.clip.state_dict().items()}
    weights["vision_model.embeddings.position_ids"] = torch.arange(5)
    weights["text_model.x"] = torch.zeros(1)
    target = VisionTower(SMALL)
    target.load(weights)
    picture = torch.ones(1, 3, 8, 8)
    assert torch.equal(source.eval()(picture), target.eval()(picture))


def test_the_vision_part_of_a_whole_clips_config_is_read(tmp_path):
    with pytest.raises(UserError, match="config.json does not exist; a low-resolution tower"):
        read_clip_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"vision_config": {"hidden_size": 48}}))
    assert read_clip_config(tmp_path).hidden_size == 48
