from __future__ import annotations

import json

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.training.deepspeed import gather_partitioned, read_deepspeed


def test_a_missing_deepspeed_file_points_to_the_ready_ones(tmp_path):
    with pytest.raises(UserError, match="ready ones are under conf/deepspeed"):
        read_deepspeed(str(tmp_path / "zero9.json"))


def test_deepspeed_clips_gradients_as_the_settings_say_and_not_as_accelerate_would(tmp_path):
    for name, clipping in (("silent", {}), ("said", {"gradient_clipping": 0.5})):
        values = {"zero_optimization": {"stage": 2}, **clipping}
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
    silent = read_deepspeed(str(tmp_path / "silent.json"))
    said = read_deepspeed(str(tmp_path / "said.json"))
    assert silent["gradient_clipping"] == "auto"  # the Trainer fills in max_grad_norm
    assert said["gradient_clipping"] == 0.5


def test_without_a_file_there_is_no_deepspeed():
    assert read_deepspeed(None) is None


def test_without_split_parameters_gathering_changes_nothing():
    layer = torch.nn.Linear(2, 2)
    before = layer.weight.clone()
    gather_partitioned(layer)
    assert torch.equal(layer.weight, before)
