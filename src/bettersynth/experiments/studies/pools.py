"""Run the pools of `conf/pools/NAME.yaml` and write `results/pools/NAME/report.html`.

    python -m bettersynth.experiments.studies.pools NAME --workers 2

Each pool is a filter recipe, run as a DVC experiment. The seen half of MMBench chooses which pools
are combined and repeated; every comparison is of the unseen half. Trials that ended are not run
again, so that a study that was killed goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from bettersynth.errors import UserError, did_you_mean, nearest_first
from bettersynth.experiments.report.pools_page import write_pools_page
from bettersynth.experiments.studies.arms import (
    Arm,
    ArmResult,
    Comparison,
    Pair,
    compare_pairs,
    require_score,
    run_arms,
    trial_of,
)
from bettersynth.experiments.studies.leave_one_out import FULL, rule_arms, rule_pairs
from bettersynth.experiments.studies.thirds import (
    ENDS,
    combined_arms,
    repeated_arms,
    single_arms,
    single_pairs,
    third_name,
)
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import require_experiment
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.place import require_place_for_experiments
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.pools import PoolsSettings, require_consistent
from bettersynth.settings.reading import load_params, read_settings

CONF = Path("conf/pools")


@dataclasses.dataclass(frozen=True)
class Study:
    """How every arm ended, by its name, and every comparison."""

    results: dict[str, ArmResult]
    comparisons: list[Comparison]


class PoolStudy:
    """A study that is under way: arms are added as earlier ones say which."""

    def __init__(self, settings: PoolsSettings, workers: int) -> None:
        self.settings = settings
        self.workers = workers
        self.base = [f"experiment={settings.experiment}", *settings.overrides]
        self.params = composed(self.base)
        self.results: dict[str, ArmResult] = {}
        self.pairs: list[Pair] = []

    def run(self) -> Study:
        """Run all arms and compare them.

        Raises:
            UserError: an arm's settings are refused, a trial was killed, or all thirds failed.
        """
        thirds = single_arms(self.settings.stats) if self.settings.stats else []
        recipe = (self.params.get("filter") or {}).get("recipe") or []
        rules = rule_arms(recipe) if self.settings.leave_one_out else []
        # together: what a later stage would refuse is refused before the first trial
        self._run([*thirds, *rules])
        self.pairs += single_pairs(self.settings.stats)
        if thirds:
            self._run_best()
        if rules:
            full = self.results[FULL].run
            self.pairs += rule_pairs(recipe, full.costs if full else {})
        return Study(self.results, compare_pairs(self.results, self.pairs))

    def _run_best(self) -> None:
        best = best_thirds(self.results, self.settings.stats)
        arms, pairs = combined_arms(best[: self.settings.combine])
        visits = self.settings.visits or self.params["mix"]["visits"]
        if self.settings.repeats and visits is None:
            raise UserError("repeats need a number of visits; set visits, or mix.visits")
        more_arms, more_pairs = repeated_arms(best[0], self.settings.repeats, visits)
        self._run([*arms, *more_arms])
        self.pairs += [*pairs, *more_pairs]

    def _run(self, arms: Sequence[Arm]) -> None:
        trials = {}
        for arm in arms:
            seeds = self.settings.seeds
            trials[arm.name] = trial_of(arm, self.base, seeds, self.settings.visits)
        for result in run_arms(trials, arms, self.workers):
            self.results[result.arm.name] = result


def best_thirds(results: dict[str, ArmResult], stats: Sequence[str]) -> list[tuple[str, str]]:
    """Return the best third (stat, end) of each stat on the seen half, the best of all first.

    Raises:
        UserError: a third failed.
    """
    best = []
    for stat in stats:
        scored = [(require_score(results[third_name(stat, end)]), end) for end in ENDS]
        # of equal scores the first end
        score, end = max(scored, key=lambda row: row[0])
        best.append((score, stat, end))
    best.sort(key=lambda row: -row[0])
    return [(stat, end) for _, stat, end in best]


def read_pools(name: str, conf: Path = CONF) -> PoolsSettings:
    """Return the settings of `conf/pools/NAME.yaml`.

    Raises:
        UserError: there is no such file, or its parts do not go together.
    """
    path = conf / f"{name}.yaml"
    if not path.is_file():
        names = sorted(file.stem for file in conf.glob("*.yaml"))
        hint = did_you_mean(name, names)
        raise UserError(f"{path} does not exist{hint}; pools: {nearest_first(name, names)}")
    settings = read_settings(PoolsSettings, load_params(path), str(path))
    require_consistent(settings, str(path))
    return settings


def run_pools(name: str, workers: int) -> Path:
    """Run a study and return where its page lies.

    Raises:
        UserError: its settings are wrong, a file is missing, or a trial was killed.
    """
    settings = read_pools(name)
    require_experiment(settings.experiment)
    require_place_for_experiments()
    study = PoolStudy(settings, workers)
    require_files(study.params, settings.experiment)
    page = Path("results/pools", name, "report.html")
    ended = study.run()
    write_pools_page(name, settings, ended.results, ended.comparisons, page)
    return page


def main() -> None:
    """Run the pools that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.studies.pools",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("name", help="a file of conf/pools, without .yaml")
    parser.add_argument("--workers", type=int, default=1, help="trials at once; default 1")
    arguments = parser.parse_args()
    print(f"page: {run_pools(arguments.name, arguments.workers)}")


if __name__ == "__main__":
    run_step(main)
