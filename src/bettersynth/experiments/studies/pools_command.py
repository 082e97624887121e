"""Run the pools of `conf/pools/NAME.yaml` and write `results/pools/NAME/report.html`.

    python -m bettersynth.experiments.studies.pools_command NAME --workers 2

Each pool is a filter recipe, run as a DVC experiment. Trials that ended are not run again, so that
a study that was killed goes on when it is typed again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.experiments.history.compared_runs import spread_of_run
from bettersynth.experiments.report.pools_page import write_pools_page
from bettersynth.experiments.report.pools_words import learned
from bettersynth.experiments.search.checks import require_room
from bettersynth.experiments.search.tracking import require_tracker
from bettersynth.experiments.studies.arms import BENCHMARK, PROTOCOL
from bettersynth.experiments.studies.pools import PoolStudy
from bettersynth.experiments.workflow.experiment import require_experiment, study_file
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.place import require_place_for_experiments
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.pools import PoolsSettings, require_consistent
from bettersynth.settings.reading import load_params, read_settings

CONF = Path("conf/pools")


def read_pools(name: str, conf: Path = CONF) -> PoolsSettings:
    """Return the settings of `conf/pools/NAME.yaml`.

    Raises:
        UserError: there is no such file, or its parts do not go together.
    """
    path = study_file(conf, name)
    settings = read_settings(PoolsSettings, load_params(path), str(path))
    require_consistent(settings, str(path))
    return settings


def require_study(settings: PoolsSettings, name: str, workers: int) -> PoolStudy:
    """Return the study, ready to run: all that it needs was looked at before its first trial.

    Raises:
        UserError: what is wrong first.
    """
    if settings.experiment:
        require_experiment(settings.experiment)
    where = str(CONF / f"{name}.yaml")
    spread = spread_of_run(settings.seed_spread)
    if spread is not None and np.isnan(picture_scores(spread, BENCHMARK, PROTOCOL)).any():
        raise UserError(
            f"{where}: seed_spread names {settings.seed_spread}, whose scores are of a version "
            f"without MMBench's {PROTOCOL}; run its score step again"
        )
    require_tracker(settings.tracker, where)
    try:
        study = PoolStudy(settings, name, workers, spread)
        study.require()
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    require_place_for_experiments()
    require_files(study.params, settings.experiment)
    require_room(workers)
    return study


def run_pools(name: str, workers: int) -> str:
    """Run a study and return what is learned from it, in words.

    Raises:
        UserError: its settings are wrong, a file is missing, or a trial was killed.
    """
    settings = read_pools(name)
    ended = require_study(settings, name, workers).run()
    page = Path("results/pools", name, "report.html")
    write_pools_page(name, settings, ended, page)
    return "\n".join([*learned(ended.comparisons), f"page: {page}"])


def main() -> None:
    """Run the pools that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.studies.pools_command",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("name", help="a file of conf/pools, without .yaml")
    parser.add_argument("--workers", type=int, default=1, help="trials at once; default 1")
    arguments = parser.parse_args()
    print(run_pools(arguments.name, arguments.workers))


if __name__ == "__main__":
    run_step(main)
