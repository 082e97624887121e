import pytest
import torch
from torch import nn

from bettersynth.errors import UserError
from bettersynth.models.architecture.projector import build_projector


def test_a_projector_has_as_many_linear_layers_as_its_name_says():
    projector = build_projector("mlp3x_gelu", 8, 16)
    kinds = [type(layer) for layer in projector]
    assert kinds == [nn.Linear, nn.GELU, nn.Linear, nn.GELU, nn.Linear]
    assert projector(torch.zeros(2, 4, 8)).shape == (2, 4, 16)


def test_linear_and_identity_are_single_layers():
    assert build_projector("linear", 8, 16)(torch.zeros(3, 8)).shape == (3, 16)
    assert isinstance(build_projector("identity", 8, 8), nn.Identity)


@pytest.mark.parametrize("kind", ["mlp0x_gelu", "mlp2x", "linear2"])
def test_another_kind_is_one_clear_error(kind):
    with pytest.raises(UserError, match=f"mm_projector_type is '{kind}'; allowed: linear"):
        build_projector(kind, 8, 16)


def test_hidden_layers_are_as_wide_as_asked_for():
    projector = build_projector("mlp3x_gelu", 8, 16, 40)
    shapes = [tuple(layer.weight.shape) for layer in projector if isinstance(layer, nn.Linear)]
    assert shapes == [(40, 8), (40, 40), (16, 40)]


def test_without_a_width_hidden_layers_are_as_wide_as_the_language_model():
    states = []
    for inner_width in (None, 16):
        torch.manual_seed(3)
        states.append(build_projector("mlp2x_gelu", 8, 16, inner_width).state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("kind", ["linear", "identity", "mlp1x_gelu"])
def test_a_width_for_no_hidden_layer_is_refused(kind):
    message = f"config.json: mm_projector_width is 40, but mm_projector_type '{kind}' has no hidden"
    with pytest.raises(UserError, match=message):
        build_projector(kind, 8, 8, 40)
