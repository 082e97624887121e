"""Which GPUs there are, and whom a worker asks."""

import os

import torch

from bettersynth.models.devices import gpus
from bettersynth.models.devices.held_model import FOLDER
from bettersynth.models.devices.shared_models import sharing_models


def test_gpus_are_those_that_the_environment_names(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert gpus.visible_gpus() == ["2", "5"]
    for none in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", none)
        assert gpus.visible_gpus() == []


def test_a_torch_without_cuda_sees_none(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert gpus.visible_gpus() == []


def test_workers_take_turns_over_the_gpus(monkeypatch):
    monkeypatch.setenv(gpus.OWN_GPU, "")
    asked = []
    for number in range(5):
        gpus.give_gpu(["2", "5"], number)
        asked.append(gpus.own_gpu())
    assert asked == ["2", "5", "2", "5", "2"]


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
