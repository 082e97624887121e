"""A step that launches itself in two processes over gloo gives the losses of one process.

Slow: three processes load torch each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from support.small_training import curve, run, small_project

ROOT = Path(__file__).parents[2]
BATCH = {
    "visits": 64,
    "batch_size": 4,
    "accumulation": None,
    "global_batch": 16,
    "grouping": "random",
}
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("launcher", ["torchrun", "deepspeed"])
def test_two_processes_give_the_losses_of_one(launcher, tmp_path, monkeypatch):
    alone = small_project(tmp_path / "one", pretrain=BATCH)
    run(monkeypatch, alone, "pretrain", "0")
    project = small_project(
        tmp_path / "two", pretrain=BATCH, launch={"processes": 2, "launcher": launcher}
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bettersynth.steps.pretrain", "0"]
    done = subprocess.run(
        command,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = (curve(folder / "results/pretrain/0.tsv") for folder in (alone, project))
    assert len(two) == 4
    assert [record["loss"] for record in two] == pytest.approx(
        [record["loss"] for record in one], rel=1e-5
    )
    weights = load_file(project / "models/pretrain/0/projector.safetensors")
    for name, value in load_file(alone / "models/pretrain/0/projector.safetensors").items():
        assert (weights[name] - value).abs().max() < 1e-4, name
