"""The section `launch` of `params.yaml`: who measures, and how training processes start."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import ClassVar, Literal

from bettersynth.errors import UserError


@dataclass(frozen=True, kw_only=True)
class LaunchSettings:
    """`params.yaml: launch`; no stage's result depends on it, so a move from 8 GPUs to 4 trains
    nothing again.

    `processes` on each machine (null: one a GPU). `hostfile`: machines as `NAME slots=GPUS` lines,
    all with this folder at the same place and reachable by ssh; only the deepspeed launcher reads
    one. `gpu`, `cores_a_gpu` and `mem_mb_a_gpu` are for Snakemake alone.

    `engine` says who measures: processes of this machine, or workers of the Ray cluster at
    `address` (null: one that is started for the stage).
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
    engine: Literal["local", "ray"]
    address: str | None

    def __post_init__(self) -> None:
        require_engine(self.engine, self.address)
        if self.hostfile and self.launcher != "deepspeed":
            raise UserError(
                "launch.hostfile needs launch.launcher=deepspeed; with torchrun start the step on "
                "every machine yourself"
            )


def require_engine(engine: str, address: str | None) -> None:
    """Raise UserError where Ray is asked for and not installed, or an address is given in vain."""
    if engine == "ray" and importlib.util.find_spec("ray") is None:
        raise UserError(
            "engine: ray needs the package ray; install it with `pip install 'bettersynth[ray]'`, "
            "or use engine: local"
        )
    if address == "":
        raise UserError("address is empty; name a Ray cluster, as HOST:6379, or leave it out")
    # it would stand in params.yaml, dvc.lock and git
    if address is not None and "@" in address:
        raise UserError(
            "address holds a user or password, which no Ray cluster takes; name it as HOST:6379"
        )
    if engine == "local" and address is not None:
        raise UserError(f"address {address} is that of a Ray cluster; set engine: ray, or leave it")
