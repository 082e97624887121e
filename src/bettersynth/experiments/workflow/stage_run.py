"""One stage, run and recorded by DVC, as the Snakefile does it.

    python -m bettersynth.experiments.workflow.stage_run STAGE

It works from the params.yaml that the run was planned with, or it is not recorded.
"""

from __future__ import annotations

import argparse
import os
import sys

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.planned_run import (
    CHANGED,
    PLANNED,
    params_digest,
    require_recorded,
)
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.experiments.workflow.stage_inputs import PARAMS, stage_settings
from bettersynth.experiments.workflow.whole_records import write_records_whole
from bettersynth.settings.reading import parse_yaml


def run_stage(stage: str) -> None:
    """Run `stage` if it is out of date, and record it.

    Raises:
        UserError: params.yaml is another than the planned one, before or after.
        SystemExit: the stage failed; its own message stands above.
    """
    from dvc.cli import main as dvc

    content = PARAMS.read_bytes()
    if os.environ.get(PLANNED) not in (None, "", params_digest(content)):
        raise UserError(CHANGED.format("snakemake"))
    write_records_whole()
    code = dvc(["--wait-for-lock", "repro", "--single-item", stage])
    # also where DVC took the outputs from its cache and no step has run
    if not code:
        require_recorded(stage, stage_settings(stage, parse_yaml(content, str(PARAMS))))
    sys.exit(code)


def main() -> None:
    """Run the stage that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.workflow.stage_run",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("stage", help="as DVC names it: pool, pretrain@0, predict@0-mmbench")
    run_stage(parser.parse_args().stage)


if __name__ == "__main__":
    run_step(main)
