"""Training on several GPUs: a step starts itself once more, one process a GPU, through torchrun or deepspeed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from bettersynth.errors import UserError
from bettersynth.models.training.trainer import fit_global_batch
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.training import TrainingSettings


def machines(hostfile: str | Path) -> dict[str, int]:
    """Return GPUs by machine of a hostfile.

    Raises:
        UserError: no such file, or a line that is not `NAME slots=GPUS`.
    """
    try:
        lines = Path(hostfile).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise UserError(
            f"launch.hostfile {hostfile} cannot be read; each of its lines is a machine: NAME slots=GPUS"
        ) from None
    found = {}
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        slots = words[1].removeprefix("slots=") if len(words) == 2 else ""
        if not slots.isdigit() or slots == "0":
            raise UserError(
                f"{hostfile} line {number}: {line.strip()!r} is not of the form NAME slots=GPUS"
            )
        found[words[0]] = int(slots)
    if not found:
        raise UserError(f"{hostfile} names no machine; each of its lines is one: NAME slots=GPUS")
    return found


def command(
    settings: LaunchSettings, processes: int, module: str, arguments: Sequence[str]
) -> list[str]:
    """Return the command line that runs `module` in `processes` processes here, or as the hostfile says."""
    if settings.launcher == "torchrun":
        start = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc_per_node",
            str(processes),
            "-m",
        ]
    else:
        where = (
            ["--hostfile", settings.hostfile]
            if settings.hostfile
            else ["--num_gpus", str(processes)]
        )
        start = [
            sys.executable,
            "-m",
            "deepspeed.launcher.runner",
            *where,
            "--no_local_rank",
            "--module",
        ]
    return [*start, module, *arguments]


def launch_processes(
    settings: LaunchSettings, training: TrainingSettings, module: str, arguments: Sequence[str]
) -> None:
    """Return where this process does the work itself: with one process, or when a launcher (this one, the user's torchrun) started it.

    Otherwise run `module` in several processes and, when they are done, end this one: the first of them has recorded what it took.

    Raises:
        UserError: a wrong setting, a global batch that so many processes cannot form, or processes that failed.
    """
    if "RANK" in os.environ:
        return
    if settings.hostfile and settings.launcher != "deepspeed":
        raise UserError(
            "launch.hostfile needs launch.launcher=deepspeed; with torchrun start the step on every machine yourself"
        )
    if settings.launcher == "deepspeed" and importlib.util.find_spec("deepspeed") is None:
        raise UserError(
            "launch.launcher is deepspeed, but the package is not installed; pip install deepspeed, or use torchrun"
        )
    processes = (
        settings.processes if settings.processes is not None else max(1, torch.cuda.device_count())
    )
    if processes < 1 or (torch.cuda.is_available() and processes > torch.cuda.device_count()):
        raise UserError(
            f"launch.processes is {processes}; allowed: 1 to {max(1, torch.cuda.device_count())} (the GPUs here), or null for all"
        )
    everywhere = sum(machines(settings.hostfile).values()) if settings.hostfile else processes
    fit_global_batch(training, everywhere)
    if everywhere == 1:
        return
    environment = {**os.environ, "OMP_NUM_THREADS": str(training.threads or 1)}
    if not torch.cuda.is_available():
        environment |= {
            "DS_ACCELERATOR": "cpu",
            "LOCAL_SIZE": str(processes),
        }  # deepspeed counts GPUs otherwise
    done = subprocess.run(
        command(settings, processes, module, arguments), env=environment, check=False
    )
    if done.returncode:
        raise UserError(
            f"training in {everywhere} processes failed (exit code {done.returncode}); the first message above says why"
        )
    sys.exit(0)
