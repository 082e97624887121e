"""What experiments took, and what is their own of it."""

from __future__ import annotations

from bettersynth.experiments.history.compared_runs import Experiment
from bettersynth.experiments.history.cost_differences import cost_differences, cost_sentence


def experiment(name, hashes, seconds):
    stages = {}
    costs = {}
    for stage, md5 in hashes.items():
        stages[stage] = {"outs": [{"path": stage, "md5": md5}]}
        costs[stage] = {"cpu_seconds": seconds[stage]} if stage in seconds else None
    return Experiment(name, {}, {"stages": stages}, costs, lambda path: None)


def test_what_is_the_first_experiments_counts_as_its_own_alone():
    first = experiment("one", {"pool": "1", "mix": "2"}, {"pool": 50.0, "mix": 5.0})
    second = experiment("two", {"pool": "1", "mix": "3"}, {"pool": 50.0, "mix": 7.0})
    one, two = cost_differences([first, second])
    assert one.own == one.total
    assert (two.total.cpu_seconds, two.own.cpu_seconds, two.own.stages) == (57.0, 7.0, 1)
    assert cost_sentence(one) == "cost of one: 55 CPU seconds over 2 of 2 stages"
    assert cost_sentence(two).endswith("; 7 CPU seconds for the 1 whose outputs are its own")


def test_own_stages_that_were_not_measured_are_not_told_as_zero():
    hashes = {"pool": "1", "mix": "2", "score": "3"}
    others = {"pool": "1", "mix": "4", "score": "5"}
    first = experiment("one", hashes, {"pool": 50.0})
    for measured, words in (
        ({}, "; not measured for the 2 whose outputs are its own"),
        ({"mix": 7.0}, "; 7 CPU seconds over 1 of the 2 whose outputs are its own"),
    ):
        _, second = cost_differences([first, experiment("two", others, {"pool": 50.0, **measured})])
        assert cost_sentence(second).endswith(words)
    _, same = cost_differences([first, experiment("two", hashes, {"pool": 50.0})])
    assert cost_sentence(same).endswith("; 0 CPU seconds for the 0 whose outputs are its own")


def test_an_experiment_without_lock_is_left_out_and_one_without_records_says_so():
    known = experiment("one", {"pool": "1"}, {})
    unknown = experiment("two", {}, {})
    costs = cost_differences([known, unknown])
    assert [cost_sentence(cost) for cost in costs] == ["cost of one: no record in this clone"]
