"""Which GPUs there are, and which of them a worker asks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

# of a worker among several that share the GPUs of a machine: the one it asks
OWN_GPU = "BETTERSYNTH_GPU"


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    None where torch was built without CUDA; torch itself is loaded only where there are some.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        gpus = [gpu.strip() for gpu in named.split(",") if gpu.strip() not in ("", "-1")]
    else:
        gpus = [str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]
    if not gpus:
        return []
    import torch

    return gpus if torch.version.cuda else []


def own_gpu() -> str:
    """Return the GPU that this process asks: the one given to it, else the first; "" for none."""
    given = os.environ.get(OWN_GPU)
    if given is not None:
        return given
    return next(iter(visible_gpus()), "")


def give_gpu(gpus: Sequence[str], number: int) -> None:
    """Let the worker `number`, which this process is, ask one of the GPUs; they take turns."""
    if gpus:
        os.environ[OWN_GPU] = gpus[number % len(gpus)]
