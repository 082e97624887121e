"""Training in several processes: which command, and which refusals."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.training.launch import command, launch_processes, machines

CHALLENGE = default_settings("pretrain", batch_size=8, accumulation=None, global_batch=256)


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)


@pytest.fixture(autouse=True)
def _this_process_outlives_its_parent(monkeypatch):
    monkeypatch.setattr("bettersynth.models.training.launch.end_with_parent", lambda: None)


def test_one_process_and_a_launched_one_do_the_work_themselves(monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **_: started.append(arguments))
    launch_processes(default_settings("launch"), default_settings("pretrain"), "module", [])
    monkeypatch.setenv("RANK", "1")
    launch_processes(
        default_settings("launch", processes=4), default_settings("pretrain"), "module", []
    )
    assert started == []


def test_commands_of_both_launchers(tmp_path):
    torchrun = command(default_settings("launch"), 8, "bettersynth.steps.pretrain", ["0"])
    assert torchrun[1:] == [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "8",
        "-m",
        "bettersynth.steps.pretrain",
        "0",
    ]
    deepspeed = command(
        default_settings("launch", launcher="deepspeed", hostfile="hosts"),
        8,
        "bettersynth.steps.pretrain",
        ["0"],
    )
    assert deepspeed[3:] == [
        "--hostfile",
        "hosts",
        "--no_local_rank",
        "--module",
        "bettersynth.steps.pretrain",
        "0",
    ]


def test_a_hostfile_lists_machines_and_its_mistakes_are_named(tmp_path):
    path = tmp_path / "hosts"
    path.write_text("# two machines\nworker-1 slots=8\n\nworker-2 slots=4  # older\n")
    assert machines(path) == {"worker-1": 8, "worker-2": 4}
    for text, message in (
        ("worker-1 8 gpus\n", "line 1: 'worker-1 8 gpus' is not of the form"),
        ("\n", "names no machine"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            machines(path)
    with pytest.raises(UserError, match="cannot be read"):
        machines(tmp_path / "none")


def test_launch_settings_that_cannot_work_are_refused_before_anything_starts(tmp_path, monkeypatch):
    (tmp_path / "hosts").write_text("a slots=3\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was started"))
    with pytest.raises(UserError, match="cannot be split over 3 processes"):
        launch_processes(
            default_settings("launch", launcher="deepspeed", hostfile=str(tmp_path / "hosts")),
            CHALLENGE,
            "module",
            [],
        )
    with pytest.raises(UserError, match="launch.processes is 0"):
        launch_processes(default_settings("launch", processes=0), CHALLENGE, "module", [])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match="launch.processes is 4; allowed: 1 to 2"):
        launch_processes(default_settings("launch", processes=4), CHALLENGE, "module", [])


def test_the_process_ends_when_those_that_it_started_are_done(monkeypatch):
    # as many processes as one likes
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(
        "bettersynth.models.training.launch.command", lambda *_: [sys.executable, "-c", ""]
    )
    with pytest.raises(SystemExit) as end:
        launch_processes(
            default_settings("launch", processes=2), default_settings("pretrain"), "module", []
        )
    assert end.value.code == 0


def test_failed_processes_are_one_line_here(monkeypatch):
    # as many processes as one likes
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(
        "bettersynth.models.training.launch.command",
        lambda *_: [sys.executable, "-c", "raise SystemExit(3)"],
    )
    with pytest.raises(UserError, match=r"training in 2 processes failed \(exit code 3\)"):
        launch_processes(
            default_settings("launch", processes=2), default_settings("pretrain"), "module", []
        )
