"""The section `launch` of `params.yaml`: how training processes start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class LaunchSettings:
    """`params.yaml: launch`; no stage's result depends on it, so a move from 8 GPUs to 4 trains
    nothing again.

    `processes` on each machine (null: one a GPU). `hostfile`: machines as `NAME slots=GPUS` lines,
    all with this folder at the same place and reachable by ssh; only the deepspeed launcher reads
    one. `gpu`, `cores_a_gpu` and `mem_mb_a_gpu` are for Snakemake alone.
    """

    BOUNDS: ClassVar = {
        "processes": (1, 100_000),
        "gpu": (0, 100_000),
        "cores_a_gpu": (1, 100_000),
        "mem_mb_a_gpu": (1, 10_000_000),
    }

    processes: int | None
    launcher: Literal["torchrun", "deepspeed"]
    hostfile: str | None
    gpu: int
    cores_a_gpu: int
    mem_mb_a_gpu: int
