"""Two processes over gloo, launched by torchrun as on a real machine.

Slow: DeepSpeed compiles a helper on first use.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file
from support.small_training import curve, run, small_project

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def environment() -> dict[str, str]:
    extensions = os.environ.get("TORCH_EXTENSIONS_DIR", str(ROOT / ".cache/torch_extensions"))
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "OMP_NUM_THREADS": "1",
        "TORCH_EXTENSIONS_DIR": extensions,
    }


def launch(folder: Path) -> subprocess.Popen:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node",
        "2",
        "--master_port",
        str(port),
    ]
    with (folder / "errors.txt").open("w") as errors:
        return subprocess.Popen(
            [*command, "-m", "bettersynth.steps.pretrain", "0"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def finish(process: subprocess.Popen, folder: Path) -> None:
    try:
        assert process.wait(timeout=900) == 0, (folder / "errors.txt").read_text()[-3000:]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def without_deepspeed(tmp_path_factory):
    folder = small_project(
        tmp_path_factory.mktemp("plain"), pretrain={"visits": 320, "save_steps": 8}
    )
    finish(launch(folder), folder)
    return folder


@pytest.mark.parametrize("stage", ["zero2", "zero3"])
def test_two_processes_give_the_losses_of_a_run_without_deepspeed_even_after_a_kill(
    stage, tmp_path, without_deepspeed
):
    project = small_project(
        tmp_path,
        pretrain={
            "visits": 320,
            "save_steps": 8,
            "deepspeed": str(ROOT / f"conf/deepspeed/{stage}.json"),
        },
    )
    process = launch(project)
    while process.poll() is None and not list(
        project.glob(".cache/pretrain/*/0/checkpoint-8/trainer_state.json")
    ):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(project.glob(".cache/pretrain/*/0/checkpoint-*"))
    finish(launch(project), project)
    plain, sharded = (
        curve(folder / "results/pretrain/0.tsv") for folder in (without_deepspeed, project)
    )
    assert [record["step"] for record in sharded] == list(range(1, 21))
    assert [record["loss"] for record in sharded] == pytest.approx(
        [record["loss"] for record in plain], rel=1e-5
    )
    weights = load_file(project / "models/pretrain/0/projector.safetensors")
    for name, value in load_file(
        without_deepspeed / "models/pretrain/0/projector.safetensors"
    ).items():
        assert (weights[name] - value).abs().max() < 1e-4, name


@pytest.mark.parametrize("stage", ["zero0", "zero2_offload"])
def test_the_other_configurations_give_the_same_losses_too(stage, tmp_path, without_deepspeed):
    project = small_project(
        tmp_path,
        pretrain={
            "visits": 320,
            "save_steps": 8,
            "deepspeed": str(ROOT / f"conf/deepspeed/{stage}.json"),
        },
    )
    finish(launch(project), project)
    plain, offloaded = (
        curve(folder / "results/pretrain/0.tsv") for folder in (without_deepspeed, project)
    )
    assert [record["loss"] for record in offloaded] == pytest.approx(
        [record["loss"] for record in plain], rel=1e-5
    )


@pytest.mark.parametrize("stage", ["zero2_offload", "zero3"])
def test_one_gpu_needs_no_launcher_and_stage_two_gives_the_losses_of_a_run_without_deepspeed(
    stage, tmp_path, monkeypatch
):
    curves = []
    for name, deepspeed in (
        ("plain", None),
        ("sharded", str(ROOT / f"conf/deepspeed/{stage}.json")),
    ):
        project = small_project(
            tmp_path / name, finetune={"accumulation": 2, "deepspeed": deepspeed}
        )
        run(monkeypatch, project, "pretrain", "0")
        errors = project / "errors.txt"
        with errors.open("w") as stream:
            command = [sys.executable, "-m", "bettersynth.steps.finetune", "0"]
            done = subprocess.run(
                command,
                cwd=project,
                env=environment(),
                stderr=stream,
                stdout=subprocess.DEVNULL,
                timeout=600,
                check=False,
            )
        assert done.returncode == 0, errors.read_text()[-3000:]
        curves.append([record["loss"] for record in curve(project / "results/finetune/0.tsv")])
    assert curves[1] == pytest.approx(curves[0], rel=1e-5)
