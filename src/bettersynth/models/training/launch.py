"""Training on several GPUs: a step starts itself once more, one process a GPU.

The launchers are torchrun and deepspeed.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from bettersynth.data.files.orphans import end_with, end_with_parent
from bettersynth.errors import UserError
from bettersynth.models.devices.processes import is_launched
from bettersynth.models.training.global_batch import fit_global_batch
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.pretrain_lm import TextSettings
from bettersynth.settings.training import TrainingSettings

# the process of the step that started the launcher, for its ranks
LAUNCHED_BY = "BETTERSYNTH_LAUNCHED_BY"


def machines(hostfile: str | Path) -> dict[str, int]:
    """Return GPUs by machine of a hostfile.

    Raises:
        UserError: no such file, or a line that is not `NAME slots=GPUS`.
    """
    try:
        lines = Path(hostfile).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise UserError(
            f"launch.hostfile {hostfile} cannot be read; each of its lines is a machine: "
            "NAME slots=GPUS"
        ) from None
    gpus = {}
    for number, line in enumerate(lines, 1):
        # DeepSpeed's form of a hostfile, comments included
        words = line.split("#")[0].split()
        if not words:
            continue
        slots = words[1].removeprefix("slots=") if len(words) == 2 else ""
        if not slots.isdecimal() or slots == "0":
            raise UserError(
                f"{hostfile} line {number}: {line.strip()!r} is not of the form NAME slots=GPUS"
            )
        gpus[words[0]] = int(slots)
    if not gpus:
        raise UserError(f"{hostfile} names no machine; each of its lines is one: NAME slots=GPUS")
    return gpus


def command(
    settings: LaunchSettings, processes: int, module: str, arguments: Sequence[str]
) -> list[str]:
    """Return the command line that runs `module` in `processes` processes.

    They run here, or on the machines of the hostfile.
    """
    if settings.launcher == "torchrun":
        launcher = ["torch.distributed.run", "--standalone"]
        launcher += ["--nproc_per_node", str(processes), "-m"]
    else:
        launcher = ["deepspeed.launcher.runner"]
        if settings.hostfile:
            launcher += ["--hostfile", settings.hostfile]
        else:
            launcher += ["--num_gpus", str(processes)]
        # the rank comes by environment: a step takes no argument of a launcher's
        launcher += ["--no_local_rank", "--module"]
    return [sys.executable, "-m", *launcher, module, *arguments]


def launch_processes(
    settings: LaunchSettings,
    training: TrainingSettings | TextSettings,
    module: str,
    arguments: Sequence[str],
) -> None:
    """Return where this process does the work itself.

    That is with one process, or when a launcher (this one, the user's torchrun) started it.
    Otherwise run `module` in several processes and, when they are done, end this one: the first of
    them has recorded what it took.

    Raises:
        UserError: a wrong setting, a global batch that so many processes cannot form, or processes
            that failed.
    """
    if is_launched():
        end_with_parent()
        # not on the other machines of a hostfile, nor where the user's own torchrun began
        if LAUNCHED_BY in os.environ:
            end_with(int(os.environ[LAUNCHED_BY]))
        return
    _check_launcher(settings)
    processes = _processes_here(settings)
    everywhere = processes
    if settings.hostfile:
        everywhere = sum(machines(settings.hostfile).values())
    # An impossible batch is refused here, before anything starts; text has no global batch.
    if isinstance(training, TrainingSettings):
        fit_global_batch(training, everywhere)
    if everywhere == 1:
        return
    # torchrun would set one thread by itself and say so at length
    environment = {**os.environ, "OMP_NUM_THREADS": str(training.threads or 1)}
    if not torch.cuda.is_available():
        # deepspeed counts GPUs otherwise
        environment |= {"DS_ACCELERATOR": "cpu", "LOCAL_SIZE": str(processes)}
    if not settings.hostfile:
        environment[LAUNCHED_BY] = str(os.getpid())
    line = command(settings, processes, module, arguments)
    done = subprocess.run(line, env=environment, check=False, preexec_fn=end_with_parent)
    if done.returncode:
        raise UserError(
            f"training in {everywhere} processes failed (exit code {done.returncode}); the first "
            "message above says why"
        )
    # the work is done: what follows a launch must not run in this process
    sys.exit(0)


def _check_launcher(settings: LaunchSettings) -> None:
    if settings.launcher == "deepspeed" and importlib.util.find_spec("deepspeed") is None:
        raise UserError(
            "launch.launcher is deepspeed, but the package is not installed; pip install "
            "deepspeed, or use torchrun"
        )


def _processes_here(settings: LaunchSettings) -> int:
    """Return how many processes this machine runs: what is set, or one a GPU."""
    gpus = torch.cuda.device_count()
    processes = settings.processes if settings.processes is not None else max(1, gpus)
    too_many = torch.cuda.is_available() and processes > gpus
    if processes < 1 or too_many:
        raise UserError(
            f"launch.processes is {processes}; allowed: 1 to {max(1, gpus)} (the GPUs here), or "
            "null for all"
        )
    return processes
