"""The model's parts."""

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.model import ModelSettings, used_layers
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_nano_reads_cached_features_and_mgm_2b_has_towers():
    assert default_settings("model").vision_tower is None
    values = composed(["scale=mgm_2b"], ROOT / "conf")["model"]
    settings = read_settings(ModelSettings, values, "model")
    assert settings.vision_tower == "challenge/models/clip-vit-large-patch14-336"
    assert settings.image_size_aux == 768


def test_one_tower_alone_is_refused():
    with pytest.raises(UserError, match="needs both vision_tower and vision_tower_aux"):
        default_settings("model", vision_tower="models/clip")


def test_a_layer_of_cached_features_is_refused():
    with pytest.raises(UserError, match="is -1, but cached features have no layers; name both"):
        default_settings("model", mm_vision_select_layer=-1)


@pytest.mark.parametrize("kind", ["linear", "identity", "mlp1x_gelu"])
def test_a_width_of_a_projector_without_hidden_layers_is_refused(kind):
    assert default_settings("model", mm_projector_width=2048).mm_projector_width == 2048
    with pytest.raises(UserError, match=f"is 2048, but mm_projector_type '{kind}' has no hidden"):
        default_settings("model", mm_projector_type=kind, mm_projector_width=2048)


@pytest.mark.parametrize("width", [None, 2048])
@pytest.mark.parametrize("kind", ["mlp12x_gelu", "mlp0x_gelu", "mlp2x", "linear2"])
def test_another_projector_is_refused_before_anything_is_trained(kind, width):
    with pytest.raises(UserError, match=f"model.mm_projector_type is '{kind}'; allowed: linear"):
        default_settings("model", mm_projector_type=kind, mm_projector_width=width)


def test_layers_count_from_the_embeddings_or_from_the_last():
    assert [used_layers(layer, 12) for layer in (0, 12, -1, -2, -13)] == [0, 12, 12, 11, 0]


@pytest.mark.parametrize("layer", [13, -14])
def test_a_layer_that_a_tower_has_not_is_refused(layer):
    with pytest.raises(UserError, match=f"is {layer}; the tower has 12 layers: .* -13 to 12"):
        used_layers(layer, 12)
