"""One stage, run and recorded by DVC, as the Snakefile does it.

    python -m bettersynth.experiments.workflow.stage_run STAGE

It works from the params.yaml that the run was planned with, or it is not recorded. It prints one
line; all words of the stage are kept in .snakemake/log/stages/STAGE.log.
"""

from __future__ import annotations

import argparse
import os
import sys

from bettersynth.errors import UserError
from bettersynth.experiments.console.stage_lines import StageLines, followed
from bettersynth.experiments.console.stage_log import last_words, stage_log, words_in
from bettersynth.experiments.workflow.parsed_once import parse_each_text_once
from bettersynth.experiments.workflow.planned_run import (
    CHANGED,
    PLANNED,
    params_digest,
    require_recorded,
)
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.experiments.workflow.stage_inputs import PARAMS, stage_settings
from bettersynth.experiments.workflow.whole_records import (
    believe_no_cached_file,
    write_records_whole,
)
from bettersynth.settings.reading import parse_yaml
from bettersynth.settings.regular_files import read_regular


def run_stage(stage: str) -> None:
    """Run `stage` if it is out of date, and record it.

    Raises:
        UserError: params.yaml is another than the planned one, before or after.
        SystemExit: the stage failed; its own message stands above.
    """
    content = read_regular(PARAMS)
    if os.environ.get(PLANNED) not in (None, "", params_digest(content)):
        raise UserError(CHANGED.format("snakemake"))
    write_records_whole()
    believe_no_cached_file()
    parse_each_text_once()
    code = _reproduced(stage)
    # also where DVC took the outputs from its cache and no step has run
    if not code:
        require_recorded(stage, stage_settings(stage, parse_yaml(content, str(PARAMS))))
    sys.exit(code)


def _reproduced(stage: str) -> int:
    """Return DVC's exit code, after the stage's line; after a failure its last words stand there
    too.
    """
    from dvc.cli import main as dvc

    log = stage_log(stage)
    with words_in(log) as terminal:
        lines = StageLines(terminal)
        with followed(log, lines):
            code = int(dvc(["--wait-for-lock", "repro", "--single-item", stage]))
        lines.end(failed=code != 0)
    if code:
        print(*last_words(log), f"all words of {stage}: {log}", sep="\n", file=sys.stderr)
    return code


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
