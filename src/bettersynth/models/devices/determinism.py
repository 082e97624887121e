"""The same numbers again on the same machine."""

from __future__ import annotations

import os

import torch


def set_deterministic(threads: int | None = 1) -> None:
    """Make torch repeat itself to the bit: deterministic algorithms and a fixed thread count.

    `threads` of None leaves their number. Called once, where a process starts.
    """
    if threads is not None:
        # the bits of a sum depend on it
        torch.set_num_threads(threads)
    # or cuBLAS repeats nothing
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # some CUDA kernels have no deterministic form: there a warning is all that can be had
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
