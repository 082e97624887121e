from __future__ import annotations

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.devices.precision import (
    cast_parameters,
    choose_precision,
    tensor_float,
    training_precision,
)


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)


def test_the_precision_follows_from_the_card(monkeypatch):
    assert choose_precision("auto") == "float32" or torch.cuda.is_available()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for capability, precision, tf32 in (
        ((7, 0), "float16", None),
        ((8, 0), "bfloat16", True),
        ((9, 0), "bfloat16", True),
    ):
        monkeypatch.setattr(
            torch.cuda, "get_device_capability", lambda capability=capability: capability
        )
        assert (choose_precision("auto"), tensor_float()) == (precision, tf32)
    assert choose_precision("float32") == "float32"


def test_only_frozen_float_parameters_are_cast_and_no_buffers():
    layer = torch.nn.BatchNorm1d(2)
    layer.bias.requires_grad_(False)
    cast_parameters(layer, torch.bfloat16)
    assert layer.bias.dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert layer.running_mean.dtype == torch.float32


def test_training_in_float16_needs_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training_precision("auto") == "float32"
    with pytest.raises(UserError, match="float16 needs a GPU"):
        training_precision("float16")
