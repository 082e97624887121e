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
