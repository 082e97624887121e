"""What runs of one set of recipes have to do with each other: which is whose cheaper version.

Two runs have one recipe if their settings differ in nothing but seeds and visits.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    WORKSPACE,
    Experiment,
    Run,
    load_experiment,
    read_lock,
    with_scores,
)
from bettersynth.experiments.history.costs import add_up
from bettersynth.experiments.studies.measures import MEASURES
from bettersynth.experiments.studies.stage_one import StageOne, measure_stage_one

# what tells a run from a cheaper one of its recipe
FIDELITY = ("seeds", "pretrain.visits", "mix.visits")
# of the scored run's own stage 1: recipes may differ in how many it has
OWN_VISITS = 0
# steps that every seed pays for
TRAINING = ("pretrain", "finetune", "predict")


@dataclasses.dataclass(frozen=True)
class CheapRun:
    """A trained stage 1 of a recipe: its visits, and what was measured of it.

    `visits` are OWN_VISITS for the scored run's own.
    `training_seconds` are CPU seconds; None where nobody noted them.
    """

    recipe: str
    visits: int
    stage_one: StageOne
    training_seconds: float | None

    def cpu_seconds(self, measure: str) -> float | None:
        """Return what stage 1 took with what is asked of it for one measure."""
        if self.training_seconds is None:
            return None
        return self.training_seconds + self.stage_one.cpu_seconds(MEASURES[measure].asking)


@dataclasses.dataclass(frozen=True)
class Recipes:
    """`full` has the scored run of each recipe by its name, `cheap` every stage 1 of them."""

    full: dict[str, Run]
    cheap: list[CheapRun]


def read_recipes(names: Sequence[str], seed: int) -> Recipes:
    """Return the recipes of these experiments, with the measures of their stage 1 of `seed`.

    Raises:
        UserError: an experiment has neither scores nor the recipe of one that has, two have one
            recipe and one number of visits, or a stage 1 cannot be measured here.
    """
    experiments = [load_experiment(name) for name in names]
    full: dict[str, Run] = {}
    for experiment in experiments:
        if experiment.read(SCORE) is None:
            continue
        recipe = recipe_of(experiment)
        if recipe in full:
            raise UserError(
                f"{full[recipe].name} and {experiment.name} are one recipe, scored twice; "
                "name one of them"
            )
        full[recipe] = with_scores(experiment)
    cheap = []
    measured: dict[tuple[str, int], str] = {}
    for experiment in experiments:
        recipe = recipe_of(experiment)
        if recipe not in full:
            raise UserError(
                f"{experiment.name} has no scores, and no scored experiment here has its recipe; "
                "name one whose settings differ in seeds and visits alone"
            )
        whole = full[recipe].name
        visits = OWN_VISITS if experiment.name == whole else visits_of(experiment)
        if (whole, visits) in measured:
            raise UserError(
                f"{measured[whole, visits]} and {experiment.name} are stage 1 of one recipe with "
                f"{visits:,} visits; name one of them"
            )
        measured[whole, visits] = experiment.name
        cheap.append(cheap_run(experiment, whole, visits, seed))
    return Recipes({run.name: run for run in full.values()}, cheap)


def cheap_run(experiment: Experiment, recipe: str, visits: int, seed: int) -> CheapRun:
    """Return the stage 1 of an experiment, measured.

    Raises:
        UserError: it did not run, or with other pictures than lie here.
    """
    require_features_of_here(experiment, seed)
    params = experiment.params or {}
    stage_one = measure_stage_one(experiment.read, seed, params, experiment.name)
    trained = experiment.costs.get(f"pretrain@{seed}")
    seconds = None if trained is None else trained["cpu_seconds"]
    return CheapRun(recipe, visits, stage_one, seconds)


def recipe_of(experiment: Experiment) -> str:
    """Return as text all settings of an experiment but seeds and visits.

    Raises:
        UserError: its settings are not at hand.
    """
    if experiment.params is None:
        raise UserError(f"{experiment.name} has no params.yaml, which says what its recipe is")
    settings = json.loads(json.dumps(experiment.params))
    for name in FIDELITY:
        section, _, setting = name.rpartition(".")
        (settings.get(section, {}) if section else settings).pop(setting, None)
    return json.dumps(settings, sort_keys=True)


def visits_of(experiment: Experiment) -> int:
    """Return how many rows stage 1 was trained on.

    Raises:
        UserError: the settings do not say it.
    """
    params = experiment.params or {}
    for name in ("pretrain", "mix"):
        visits = (params.get(name) or {}).get("visits")
        if visits:
            return int(visits)
    raise UserError(
        f"{experiment.name} does not say how many visits its stage 1 had (mix.visits is null), so "
        "that it is nobody's cheaper run; name one with a number of them"
    )


def training_seconds(experiment: Experiment) -> float | None:
    """Return the CPU seconds of both trainings and the answers of all seeds; None if not known."""
    records = []
    for stage, record in experiment.costs.items():
        if stage.partition("@")[0] in TRAINING:
            records.append(record)
    return add_up(records).cpu_seconds


def require_features_of_here(experiment: Experiment, seed: int) -> None:
    """Pass if a stage 1 was trained on the features that lie here, or nothing says on which.

    Raises:
        UserError: it was trained on others, so that it cannot be measured with those here.
    """
    stages = experiment.lock.get("stages") or {}
    here = read_lock(WORKSPACE).get("stages") or {}
    trained_on = _hashes(stages.get(f"pretrain@{seed}", {}), "deps").get("data/features")
    of_here = _hashes(here.get("features", {}), "outs").get("data/features")
    if trained_on and of_here and trained_on != of_here:
        raise UserError(
            f"{experiment.name} was trained on other pictures than data/features has here; "
            "measure it where it was trained, or run `snakemake --cores all data/features` on its "
            "pool"
        )


def _hashes(stage: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {entry["path"]: entry.get("md5", "") for entry in stage.get(kind, [])}
