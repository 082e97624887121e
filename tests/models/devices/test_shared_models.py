"""Who shares a machine's GPUs."""

import os

import torch

from bettersynth.models.devices.held_model import FOLDER
from bettersynth.models.devices.shared_models import sharing_models


def test_models_are_shared_by_several_workers_of_a_machine_with_gpus(monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with sharing_models(2):
        folder = os.environ[FOLDER]
        assert os.listdir(folder) == []
    assert FOLDER not in os.environ and not os.path.exists(folder)
    with sharing_models(1):
        assert FOLDER not in os.environ
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with sharing_models(2):
        assert FOLDER not in os.environ
