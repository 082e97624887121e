"""Which pools are run, combined, repeated and compared."""

from __future__ import annotations

import dataclasses

import pytest
from support.pool_arms import ended_arm

from bettersynth.errors import UserError
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.trial_settings import Trial
from bettersynth.experiments.studies import pools as module
from bettersynth.experiments.studies.pools import PoolStudy
from bettersynth.settings.pools import ConfirmSettings, PoolsSettings

SKILLS = {"a-low": 0.1, "a-middle": 0.4, "a-high": 0.9, "b-low": 0.7, "b-high": 0.2}
SKILLS["a-high-again"] = 0.8
RECIPE = [{"x": {}}, {"y": {}}]
SETTINGS = PoolsSettings(
    experiment="tiny",
    stats=["a", "b"],
    seeds=[0],
    combine=2,
    repeats=[2],
    leave_one_out=True,
    overrides=["caption=none"],
)


@pytest.fixture
def started(monkeypatch):
    """Return what makes a study whose trials end at once, and the list of trials that it ran."""
    params = {"mix": {"visits": 100}, "filter": {"recipe": RECIPE}}
    ran: list[tuple[Trial, Trial | None]] = []

    def made(label, overrides, seeds, visits, target):
        return Trial(label, (*overrides, f"visits={visits}"), target, {"seeds": seeds})

    def run(trials, workers, when_ended, shared=None):
        outcomes = []
        for trial in trials:
            ran.append((trial, shared))
            outcomes.append(Outcome(trial, "", 40.0, 0.0))
            when_ended(outcomes[-1])
        return outcomes

    def load(name):
        arm = name.removeprefix("pools-small-")
        return ended_arm(arm, SKILLS.get(arm, 0.5)).run

    monkeypatch.setattr(module, "composed", lambda base: params)
    monkeypatch.setattr(module, "make_trial", made)
    monkeypatch.setattr(module, "run_trials", run)
    monkeypatch.setattr(module, "load_run", load)

    def start(**changes):
        return PoolStudy(dataclasses.replace(SETTINGS, **changes), "small", workers=1), params

    return start, ran


def test_a_study_runs_thirds_rules_and_what_the_best_of_them_ask_for(started, capsys):
    start, ran = started
    study, _ = start()
    ended = study.run()
    shared, first = ran[0][0], ran[1][0]
    assert (shared.name, shared.target) == ("pools-small-random-1-shared", "mix")
    assert first.name == "pools-small-random-1"
    assert first.overrides[:2] == ("experiment=tiny", "caption=none")
    # what all share is made once, and every arm begins with it
    assert {begins_with for _, begins_with in ran[1:]} == {shared}
    names = list(ended.results)
    assert len(names) == 7 + 6 + 3 + 3
    assert "b-low-of-a-high" in names
    # no seed that chose the best part stands in a comparison of it
    seeds = {trial.name.removeprefix("pools-small-"): trial.seeds for trial, _ in ran}
    assert (seeds["a-high"], seeds["a-high-again"], seeds["a-high-times-1"]) == ((0,), (1,), (2,))
    assert {"a-high-part-2", "a-high-times-2"} <= set(names)
    assert len(ended.comparisons) == 8 + 4 + 2 + 2
    # what all share is no arm's
    assert ended.shared_seconds == 40.0
    assert "pools small: 20 trials, 800 CPU s" in capsys.readouterr().err


def test_rules_alone_need_no_stat_and_are_confirmed_with_the_experiments_visits(started):
    start, ran = started
    confirm = ConfirmSettings(rules=1, seeds=[5, 6, 7])
    study, _ = start(stats=[], repeats=[], visits=30, confirm=confirm)
    ended = study.run()
    assert len(ended.results) == 6 + 2
    assert len(ended.comparisons) == 4 + 1
    last = ran[-1][0]
    assert last.name == "pools-small-without-0-x-confirmed"
    assert "visits=100" in last.overrides
    assert last.seeds == (5, 6, 7)


def test_seeds_beyond_which_there_are_none_are_refused_before_the_first_trial(started):
    start, ran = started
    study, _ = start(seeds=[0, 1, 2_400_000_000], repeats=[])
    with pytest.raises(UserError, match="seeds holds 2,400,000,000, beyond which there are not"):
        study.require()
    assert ran == []


def test_before_the_first_trial_every_kind_of_arm_was_composed(started, monkeypatch):
    start, ran = started
    composed = []
    study, params = start(repeats=[4, 2])
    monkeypatch.setattr(module, "make_trial", lambda label, *_: composed.append(label))
    study.require()
    assert composed[-1] == "pools-small-a-low-times-4"
    assert len(composed) == 7 + 6 + 3
    params["mix"]["visits"] = None
    with pytest.raises(UserError, match="repeats needs a number of visits"):
        study.require()
    assert ran == []
