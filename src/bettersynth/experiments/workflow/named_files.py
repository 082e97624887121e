"""Files and folders that settings name, looked for before the first stage: one that no stage makes
must be there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.stage_inputs import value_at
from bettersynth.settings.training import zero_stage

# the only folder of files that a stage may make before the stages that read them
MADE = "data"
# a source's own file is told by the stage `fetch`, the first one; score.baseline by `baseline_of`
NAMED = (
    "instruction.file",
    "instruction.images",
    "benchmark.mmbench.file",
    "benchmark.textvqa.questions",
    "benchmark.textvqa.annotations",
    "benchmark.textvqa.images",
    "towers.vision_tower",
    "towers.vision_tower_aux",
    "scorer.folder",
    "mix.questions",
    "pretrain.projector",
    "launch.hostfile",
)
CONFIGURATIONS = ("pretrain_lm.text.deepspeed", "pretrain.deepspeed", "finetune.deepspeed")


def require_named_files(params: Mapping[str, Any], listed: Collection[str]) -> None:
    """Pass if what the settings name is there, `listed`, or may yet be made.

    `listed` are the paths of the section `files`, which every run requires before its first stage.

    Raises:
        UserError: something is not there, or a configuration of DeepSpeed is none.
    """
    for setting in NAMED:
        path = value_at(params, setting)
        if path and path not in listed and not Path(path).exists() and not _may_be_made(path):
            raise UserError(
                f"params.yaml: {setting} is {path}, which does not exist, and no stage makes it; "
                "name what is there"
            )
    for setting in CONFIGURATIONS:
        if path := value_at(params, setting):
            zero_stage(path)


def listed_paths(files: Mapping[str, Any]) -> list[str]:
    """Return the paths of the section `files`, which the fetch stage requires."""
    return [entry["path"] for entry in files.values() if entry and "path" in entry]


def _may_be_made(path: str) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(MADE))
