"""A training process: its environment variables, set once where it starts, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.models.devices.processes import is_launched, is_main_process
from bettersynth.models.training.deepspeed import require_deepspeed

# longer than any of DeepSpeed's helpers compiles
STALE_LOCK_SECONDS = 600


@contextlib.contextmanager
def training_process(threads: int | None, deepspeed: str | None) -> Iterator[None]:
    """Train in the block, the same to the bit each time; `deepspeed` as in
    `start_training_process`.

    The group that Accelerate or DeepSpeed makes of several processes is left at the end, or torch
    warns of it. Not after an error: the others may never come to leave it too.

    Raises:
        UserError: as `start_training_process`.
    """
    start_training_process(threads, deepspeed)
    yield
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def start_training_process(threads: int | None, deepspeed: str | None) -> None:
    """Make this process ready to train, the same to the bit each time.

    `deepspeed` is the path of a ZeRO configuration, or None.

    Raises:
        UserError: the configuration is not there or is no JSON, or the package is missing.
    """
    set_deterministic(threads)
    if deepspeed is not None:
        require_deepspeed(deepspeed)
        _keep_compiled_helpers()
        if not is_launched():
            _be_the_only_process()
    # or deepspeed, wherever it is installed, warns that there is no GPU
    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    elif deepspeed is not None:
        os.environ.setdefault("DS_ACCELERATOR", "cuda")


def _keep_compiled_helpers() -> None:
    """Put DeepSpeed's compiled helpers under `.cache/`, and remove locks of killed compilations.

    Such a lock would hang every later run.
    """
    os.environ.setdefault("TORCH_EXTENSIONS_DIR", str(scratch_folder("torch_extensions").resolve()))
    # several processes would remove each other's locks
    if not is_main_process():
        return
    for lock in Path(os.environ["TORCH_EXTENSIONS_DIR"]).glob("**/lock"):
        if time.time() - lock.stat().st_mtime > STALE_LOCK_SECONDS:
            lock.unlink()


def _be_the_only_process() -> None:
    """Do a launcher's part for one process alone: DeepSpeed would look for MPI."""
    # port 0 asks the system for one that is free now
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "RANK": "0",
        "LOCAL_RANK": "0",
        "WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
