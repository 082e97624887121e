import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.architecture.vision_tower_aux import (
    VisionTowerAux,
    architecture,
    stem_and_stages,
)

WIDTHS, DEPTHS = (4, 6, 8, 10), (1, 1, 2, 1)


def openclip_weights() -> dict[str, torch.Tensor]:
    tower = VisionTowerAux(WIDTHS, DEPTHS)
    weights = {}
    for name, value in tower.state_dict().items():
        part, _, rest = name.removeprefix("vision_").partition(".")
        weights[f"visual.trunk.{part}.{rest}"] = value
    return {**weights, "visual.trunk.norm.weight": torch.zeros(1), "logit_scale": torch.zeros(1)}


def test_all_stages_lie_on_the_first_ones_grid():
    tower = VisionTowerAux(WIDTHS, DEPTHS)
    pictures = torch.zeros(2, 3, 64, 64)
    assert tower(pictures).shape == (2, 16, 16, sum(WIDTHS))
    assert [stage.shape[-1] for stage in tower.stages(pictures)] == [16, 8, 4, 2]


def test_widths_and_depths_are_read_from_the_weights():
    picked = stem_and_stages(openclip_weights())
    assert architecture(picked, "here") == (WIDTHS, DEPTHS)
    assert all(name.startswith(("vision_stem.", "vision_stages.")) for name in picked)
    VisionTowerAux(WIDTHS, DEPTHS).load(picked)


def test_weights_of_something_else_are_one_clear_error():
    with pytest.raises(UserError, match="here does not hold the stem and four stages"):
        architecture({"vision_stages.0.blocks.0.conv_dw.weight": torch.zeros(4, 1)}, "here")
