"""The settings of every stage, checked before the first one runs: a wrong name in `finetune` must
not wait for hours of `pretrain`.

    python -m bettersynth.experiments.workflow.settings_check [EXPERIMENT ...]

Without a name it checks params.yaml. Snakemake runs it when there is work to do. Nothing heavy is
imported: each section has its dataclass in `settings/SECTION.py`, and operators and captioners
import their libraries only where they use them.
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
from bettersynth.recipes.filter_section import read_lines, require_similarity
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import read_seeds

# Sections that no stage of dvc.yaml lists under `params`: where things lie, how processes start,
# a step that is run by hand.
BESIDE_THE_STAGES = {"challenge", "files", "launch", "pretrain_lm"}
# Sections that are no dataclass: read by functions of their own, or a plain path.
WITHOUT_DATACLASS = {"challenge", "files", "seeds", "stats"}


def require_valid_settings(params: dict[str, Any], dvc_yaml: str | Path = "dvc.yaml") -> None:
    """Pass if every section is one that a stage reads, and holds what that stage accepts.

    Raises:
        UserError: an unknown section or setting (the valid ones are named), one that is missing,
            one of another type, or one that does not go with another.
    """
    known = set(_sections_read(load_params(dvc_yaml))) | BESIDE_THE_STAGES
    for section in params:
        if section not in known:
            near = difflib.get_close_matches(str(section), known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            sections = ", ".join(sorted(known))
            raise UserError(
                f"params.yaml: no stage reads {section}{hint}; what they read: {sections}"
            )
    read = {
        section: read_settings(settings_class(section), values, f"params.yaml: {section}")
        for section, values in params.items()
        if section not in WITHOUT_DATACLASS
    }
    measured = params.get("stats") or {}
    for name in measured:
        stats_settings(params, name)
    read_lines(read["filter"], params)
    require_similarity(read["caption"], read["mix"], params)
    if read["caption"].captioner != "none":
        captioner = captioner_module(read["caption"].captioner, "params.yaml: caption.captioner")
        read_settings(captioner.Settings, read["caption"].settings, "params.yaml: caption.settings")
    read_seeds(params.get("seeds"))


def settings_class(section: str) -> type:
    """Return the dataclass of a section: `pretrain_lm` is `PretrainLmSettings` of its module."""
    module = importlib.import_module(f"bettersynth.settings.{section}")
    return getattr(module, f"{section.title().replace('_', '')}Settings")


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
