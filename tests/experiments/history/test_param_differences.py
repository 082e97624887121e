"""Settings that differ, by their paths."""

from __future__ import annotations

from bettersynth.experiments.history.compared_runs import Experiment
from bettersynth.experiments.history.param_differences import flattened, param_differences


def experiment(params):
    return Experiment("x", params, {}, {}, lambda path: None)


def test_values_are_named_by_their_paths_and_plain_lists_are_one_value():
    settings = {"filter": {"recipe": [{"a": {"min": 1}}, "b"]}, "seeds": [0, 1]}
    assert flattened(settings) == {
        "filter.recipe[0].a.min": 1,
        "filter.recipe[1]": "b",
        "seeds": [0, 1],
    }


def test_only_what_differs_is_listed_and_an_experiment_without_settings_is_unknown():
    runs = [experiment({"a": 1, "b": 2}), experiment({"a": 1, "c": 3}), experiment(None)]
    assert param_differences(runs) == {"b": [2, "-", "?"], "c": ["-", 3, "?"]}
    assert param_differences([experiment(None), experiment({"a": 1})]) == {}
