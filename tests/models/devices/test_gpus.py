"""Which GPUs there are, and whom a worker asks."""

import torch

from bettersynth.models.devices import gpus


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
