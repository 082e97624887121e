"""The settings of every stage, checked before the first one runs: a wrong name in `finetune` must not wait for hours of `pretrain`.

    python -m bettersynth.experiments.workflow.settings_check [EXPERIMENT ...]

Without a name it checks params.yaml. Snakemake runs it when there is work to do.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.experiment import composed_params
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.captioners import captioner_module
from bettersynth.settings.reading import load_params, read_settings

# Sections that no stage of dvc.yaml lists under `params`: where things lie, how processes start, a step that is run by hand.
BESIDE_THE_STAGES = {"challenge", "files", "launch", "pretrain_lm"}


def require_valid_settings(params: dict[str, Any], dvc_yaml: str | Path = "dvc.yaml") -> None:
    """Pass if every section is one that a stage reads, and holds what that stage accepts.

    The steps are imported for it, with all that they import, which takes seconds; no data is read and no step runs.

    Raises:
        UserError: an unknown section or setting (the valid ones are named), one that is missing, or one of another type.
    """
    known = set(_sections_read(load_params(dvc_yaml))) | BESIDE_THE_STAGES
    for section in params:
        if section not in known:
            near = difflib.get_close_matches(str(section), known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(
                f"params.yaml: no stage reads {section}{hint}; what they read: {', '.join(sorted(known))}"
            )
    for section in params:
        name = f"bettersynth.steps.{section}"
        settings = (
            getattr(importlib.import_module(name), "Settings", None)
            if importlib.util.find_spec(name)
            else None
        )
        if settings is not None:
            read_settings(settings, params[section], f"params.yaml: {section}")
    _check_beyond_types(params)


def _check_beyond_types(params: dict[str, Any]) -> None:
    from bettersynth.models.training.launch import LaunchSettings
    from bettersynth.models.training.stages import ModelSettings
    from bettersynth.recipes.lines import read_recipe
    from bettersynth.steps import caption, filter, finetune, score, stats

    read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    for name in params.get("stats") or {}:
        stats.stats_settings(params, name)
    filter_settings = read_settings(filter.Settings, params.get("filter"), "params.yaml: filter")
    read_recipe(
        filter_settings.recipe, "params.yaml: filter.recipe", measured=params.get("stats") or {}
    )
    if (captions := caption.read_caption_settings(params)).captioner != "none":
        captioner = captioner_module(captions.captioner, "params.yaml: caption.captioner")
        read_settings(captioner.Settings, captions.settings, "params.yaml: caption.settings")
    finetune.check_lora(
        read_settings(finetune.Settings, params.get("finetune"), "params.yaml: finetune")
    )
    score.read_seeds(params.get("seeds"))


def _sections_read(pipeline: dict[str, Any]) -> Iterator[str]:
    for stage in pipeline["stages"].values():
        for name in stage.get("do", stage).get("params", []):
            yield name.partition(".")[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.workflow.settings_check",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument(
        "experiments", nargs="*", help="names of conf/experiment; default: params.yaml as it is"
    )
    for name in parser.parse_args().experiments or [None]:
        try:
            require_valid_settings(composed_params(name))
        except UserError as error:
            raise UserError(f"experiment {name}: {error}" if name else str(error)) from None


if __name__ == "__main__":
    run_step(main)
