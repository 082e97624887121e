"""Which pools are run, combined, repeated and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pool_arms import ended_arm

from bettersynth.errors import UserError
from bettersynth.experiments.studies import pools as module
from bettersynth.experiments.studies.pools import PoolStudy, best_thirds, read_pools
from bettersynth.settings.pools import PoolsSettings

CONF = Path(__file__).parents[3] / "conf/pools"
SKILLS = {"a-low": 0.1, "a-middle": 0.4, "a-high": 0.9, "b-low": 0.7, "b-high": 0.2}


@pytest.fixture
def study(monkeypatch):
    params = {"mix": {"visits": 100}, "filter": {"recipe": [{"x": {}}, {"y": {}}]}}
    monkeypatch.setattr(module, "composed", lambda base: params)
    asked = []

    def trial_of(arm, base, seeds, visits):
        asked.append((arm.name, tuple(base), tuple(seeds), visits))
        return arm.name

    def run_arms(trials, arms, workers):
        assert list(trials) == [arm.name for arm in arms]
        return [ended_arm(arm.name, SKILLS.get(arm.name, 0.5)) for arm in arms]

    monkeypatch.setattr(module, "trial_of", trial_of)
    monkeypatch.setattr(module, "run_arms", run_arms)

    def run(**changes):
        values = {"experiment": "tiny", "stats": ["a", "b"], "seeds": [0], "combine": 2}
        values |= {"repeats": [2], "leave_one_out": True, "overrides": ["caption=none"]}
        return PoolStudy(PoolsSettings(**(values | changes)), 1).run(), asked

    return run


def test_a_study_runs_thirds_rules_and_what_the_best_of_them_ask_for(study):
    ended, asked = study()
    assert asked[0] == ("random-1", ("experiment=tiny", "caption=none"), (0,), None)
    names = list(ended.results)
    assert len(names) == 7 + 6 + 2 + 2
    assert "b-low-of-a-high" in names
    assert {"a-high-part-2", "a-high-times-2"} <= set(names)
    assert len(ended.comparisons) == 8 + 4 + 2 + 2


def test_rules_alone_need_no_stat(study):
    ended, _ = study(stats=[], repeats=[])
    assert len(ended.results) == 6
    assert len(ended.comparisons) == 4


def test_the_best_third_of_each_stat_is_chosen_the_best_of_all_first():
    results = {name: ended_arm(name, skill) for name, skill in SKILLS.items()}
    results["b-middle"] = ended_arm("b-middle", 0.3)
    assert best_thirds(results, ["b", "a"]) == [("a", "high"), ("b", "low")]
    results["b-middle"] = ended_arm("b-middle", None)
    with pytest.raises(UserError, match="the arm b-middle failed"):
        best_thirds(results, ["b", "a"])


@pytest.mark.parametrize("name", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_the_files_of_conf_pools_are_read(name):
    assert read_pools(name, CONF).seeds


def test_an_unknown_file_is_told_with_the_nearest():
    with pytest.raises(UserError, match=r"tinny.yaml does not exist \(did you mean tiny\?\)"):
        read_pools("tinny", CONF)
