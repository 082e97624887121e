from __future__ import annotations

import json

import pytest
import torch
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.training.arguments import training_arguments


def test_settings_reach_the_trainer_under_its_own_names(tmp_path):
    settings = default_settings(
        "pretrain", batch_size=3, accumulation=2, learning_rate=0.5, save_steps=7
    )
    args = training_arguments(settings, tmp_path, 11, {"max_steps": 4})
    assert (args.per_device_train_batch_size, args.gradient_accumulation_steps) == (3, 2)
    assert (args.learning_rate, args.save_steps, args.max_steps) == (0.5, 7, 4)
    assert (args.seed, args.data_seed) == (11, 11)
    assert args.n_gpu <= 1
    assert not args.bf16


def test_float16_without_a_gpu_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="float16 needs a GPU"):
        training_arguments(default_settings("pretrain", precision="float16"), tmp_path, 0, {})


def test_a_deepspeed_file_that_is_no_json_is_one_clear_error(tmp_path):
    path = tmp_path / "zero.json"
    path.write_text(json.dumps({})[:-1])
    with pytest.raises(UserError, match="cannot be read as JSON"):
        training_arguments(default_settings("pretrain", deepspeed=str(path)), tmp_path, 0, {})
