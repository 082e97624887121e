"""What a stage or a whole experiment asks a machine for: cores, memory and GPUs.

`meta` in dvc.yaml says what kind of work a stage is, the section `launch` how many GPUs such work
gets and how much of the machine goes with each. Snakemake plans by it, and a cluster is asked for
it. No result depends on any of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.reading import parse_yaml, read_settings
from bettersynth.settings.regular_files import read_regular

ALL_CORES = "all"
DEFAULT_MEM_MB = 4000


@dataclass(frozen=True)
class Needs:
    """`threads`: cores. `mem_mb`: MB of the machine's memory. `gpu`: a number of GPUs."""

    threads: int
    mem_mb: int
    gpu: int


def stage_needs(meta: Mapping[str, Any] | None, params: Mapping[str, Any]) -> Needs:
    """Return what a stage with this `meta` needs; `params` are the settings of the run.

    `threads: all` are the cores of this machine, of which Snakemake gives at most `--cores`. With
    `gpu: true` it gets `launch.gpu` of them and what goes with each, without a GPU as any stage.

    Raises:
        UserError: the section `launch` is wrong.
    """
    meta = meta or {}
    threads = meta.get("threads", 1)
    if threads == ALL_CORES:
        threads = len(os.sched_getaffinity(0))
    needs = Needs(threads=threads, mem_mb=meta.get("mem_mb", DEFAULT_MEM_MB), gpu=0)
    if not meta.get("gpu"):
        return needs
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    return Needs(
        threads=max(needs.threads, launch.gpu * launch.cores_a_gpu),
        mem_mb=max(needs.mem_mb, launch.gpu * launch.mem_mb_a_gpu),
        gpu=launch.gpu,
    )


def experiment_needs(params: Mapping[str, Any], dvc_yaml: str | Path = "dvc.yaml") -> Needs:
    """Return what the neediest stage asks for: an experiment is one job, its stages take turns.

    A stage that takes all cores it gets counts as one core, so that experiments run side by side.

    Raises:
        UserError: the section `launch` is wrong.
    """
    needs = []
    for meta in _metas(Path(dvc_yaml)):
        if meta.get("threads") == ALL_CORES:
            meta = {**meta, "threads": 1}
        needs.append(stage_needs(meta, params))
    return Needs(
        threads=max(each.threads for each in needs),
        mem_mb=max(each.mem_mb for each in needs),
        gpu=max(each.gpu for each in needs),
    )


def _metas(dvc_yaml: Path) -> Iterator[dict[str, Any]]:
    stages = parse_yaml(read_regular(dvc_yaml), str(dvc_yaml)).get("stages")
    if not stages:
        raise UserError(f"{dvc_yaml} has no stages")
    for stage in stages.values():
        # a stage of `foreach` has its own words below `do`
        yield stage.get("do", stage).get("meta") or {}
