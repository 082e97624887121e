"""The benchmark of the full-size model, its code on a tiny one."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
from pathlib import Path

import pytest
import torch
from support.mgm_reference import reference_model

SCRIPT = Path(__file__).parents[3] / "benchmarks/full_size_step.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("full_size_step", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("stage", [1, 2])
def test_a_step_of_each_stage_trains_what_it_should(script, stage):
    torch.manual_seed(0)
    model = reference_model("gemma_g1")
    model.architecture = dataclasses.replace(
        model.architecture, image_size_aux=model.vision_tower.config.image_size * 2
    )
    before = {name: value.clone() for name, value in model.named_parameters()}
    found = script.time_stage(model, stage, rows=2, passes=2, steps=1, precision="float32")
    assert found.samples_per_second > 0 and found.operations > 0
    assert math.isfinite(found.loss)
    changed = {
        name.split(".")[0]
        for name, value in model.named_parameters()
        if not torch.equal(value, before[name])
    }
    assert changed == {"mining", "mm_projector"} | ({"language_model"} if stage == 2 else set())


def test_without_a_gpu_it_says_so_in_one_line(script, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["full_size_step.py"])
    script.main()
    assert (
        capsys.readouterr().out
        == "full_size_step needs a GPU of 40 GB (stage 1) or 80 GB (stage 2); there is none here\n"
    )
