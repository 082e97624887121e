"""Which experiment is whose cheaper version."""

from __future__ import annotations

import dataclasses
import json

import pytest
from support.cheap_recipes import stage_one
from support.small_runs import known_run

from bettersynth.errors import UserError
from bettersynth.experiments.studies import cheap_runs as module
from bettersynth.experiments.studies.cheap_runs import (
    read_recipes,
    recipe_of,
    require_features_of_here,
    training_seconds,
    visits_of,
)

COSTS = {
    "stats@text_length_filter": {"cpu_seconds": 100.0},
    "pretrain@0": {"cpu_seconds": 30.0},
    "finetune@0": {"cpu_seconds": 20.0},
    "predict@0-mmbench": None,
}


def experiment(name, skill, *, scored=True, visits=9000, threshold=0.25):
    params = {
        "filter": {"threshold": threshold},
        "mix": {"visits": visits},
        "pretrain": {"visits": None},
        "seeds": [0],
    }
    run = known_run(name, skill, params=params).experiment
    if not scored:
        run = dataclasses.replace(run, read=lambda path: None)
    return dataclasses.replace(run, costs=COSTS)


@pytest.fixture
def experiments(monkeypatch):
    known = {}
    monkeypatch.setattr(module, "load_experiment", lambda name: known[name])
    monkeypatch.setattr(module, "measure_stage_one", lambda read, seed, params, name: stage_one(1))
    monkeypatch.setattr(module, "read_lock", lambda name: {})
    return known


def test_a_cheaper_run_belongs_to_the_scored_one_that_differs_in_visits_alone(experiments):
    experiments["full"] = experiment("full", 0.5)
    experiments["cheap"] = experiment("cheap", 0.5, scored=False, visits=3000)
    recipes = read_recipes(["full", "cheap"], 0)
    assert list(recipes.full) == ["full"]
    assert [(run.recipe, run.visits) for run in recipes.cheap] == [("full", 0), ("full", 3000)]
    # stage 1, and what is asked of it for this measure alone
    seconds = recipes.cheap[0].cpu_seconds
    assert (seconds("caption_loss"), seconds("options"), seconds("choices")) == (36.0, 33.0, 39.0)


def test_a_run_of_no_scored_recipe_and_one_scored_twice_are_refused(experiments):
    experiments["full"] = experiment("full", 0.5)
    experiments["other"] = experiment("other", 0.5, scored=False, threshold=0.3)
    with pytest.raises(UserError, match="other has no scores, and no scored experiment here"):
        read_recipes(["full", "other"], 0)
    experiments["again"] = experiment("again", 0.6, visits=3000)
    with pytest.raises(UserError, match="full and again are one recipe, scored twice"):
        read_recipes(["full", "again"], 0)


def test_of_two_runs_of_one_recipe_and_equal_visits_none_takes_the_others_place(experiments):
    experiments["full"] = experiment("full", 0.5)
    for name in ("cheap", "again"):
        experiments[name] = experiment(name, 0.5, scored=False, visits=3000)
    with pytest.raises(UserError, match="cheap and again are stage 1 of one recipe with 3,000 vis"):
        read_recipes(["full", "cheap", "again"], 0)
    experiments["all"] = experiment("all", 0.5, scored=False, visits=None)
    with pytest.raises(UserError, match="all does not say how many visits its stage 1 had"):
        read_recipes(["full", "all"], 0)


def test_seeds_and_visits_are_no_part_of_a_recipe():
    one = experiment("one", 0.5, visits=9000)
    other = dataclasses.replace(one, params=json.loads(json.dumps(one.params)))
    other.params["seeds"] = [3]
    other.params["pretrain"]["visits"] = 100
    assert recipe_of(one) == recipe_of(other)
    assert visits_of(other) == 100
    assert visits_of(one) == 9000
    with pytest.raises(UserError, match="bare has no params.yaml"):
        recipe_of(dataclasses.replace(one, name="bare", params=None))


def test_a_full_run_costs_its_trainings_and_answers():
    assert training_seconds(experiment("one", 0.5)) == 50.0


def test_a_model_of_other_pictures_is_refused(monkeypatch):
    trained = {"pretrain@0": {"deps": [{"path": "data/features", "md5": "a.dir"}]}}
    here = {"stages": {"features": {"outs": [{"path": "data/features", "md5": "b.dir"}]}}}
    one = dataclasses.replace(experiment("one", 0.5), lock={"stages": trained})
    monkeypatch.setattr(module, "read_lock", lambda name: here)
    with pytest.raises(UserError, match="one was trained on other pictures than data/features"):
        require_features_of_here(one, 0)
    here["stages"]["features"]["outs"][0]["md5"] = "a.dir"
    require_features_of_here(one, 0)
