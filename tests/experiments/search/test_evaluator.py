"""Trials are measured on both halves; a candidate that does not compose is a counted failure."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.small_runs import item_bytes
from support.small_search import CHEAP_LADDER, small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search import evaluator as room
from bettersynth.experiments.search.candidates import Asked, Candidate
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.stage_one_trials import SeedMeasures
from bettersynth.experiments.search.trial_settings import Trial

SCORE = {
    "mmbench_protocol": "likelihood",
    "extraction": "vlmevalkit",
    "textvqa_protocol": "llava",
    "baseline": None,
    "bootstrap_draws": 100,
    "bootstrap_seed": 0,
}


class StoredOutcome(Outcome):
    """A trial that ended, with drawn answers."""

    def items(self) -> pa.Table:
        return pq.read_table(pa.BufferReader(item_bytes(0.7, self.trial.seeds)))

    def score(self) -> dict:
        return {"samples": 1200}

    def read(self, path) -> bytes:
        assert path == room.CARD
        return b'{"counts": {"samples": 900}}'


@pytest.fixture(autouse=True)
def _no_trainings(monkeypatch):
    def trial(label, overrides, seeds, visits, target):
        if 'mix.visits="none"' in overrides:
            raise UserError("mix.visits is none")
        return Trial(label, tuple(overrides), target, {"seeds": seeds, "score": SCORE})

    def run(trials, workers=1, when_ended=None, shared=None):
        outcomes = []
        for one in trials:
            failure = "nothing is left" if "c002" in one.name else ""
            outcomes.append(StoredOutcome(one, failure, 12.5, 2.0))
            when_ended(outcomes[-1])
        return outcomes

    monkeypatch.setattr(room, "make_trial", trial)
    monkeypatch.setattr(room, "run_trials", run)
    monkeypatch.setattr(room, "known_outcome", lambda trial: None)


def test_scores_halves_costs_and_failures(capsys):
    search = small_settings(
        experiment=None,
        objectives=["mmbench", "samples"],
        budget={"cpu_seconds": 100, "gpu_seconds": 4},
    )
    evaluator = room.TrialEvaluator(search, "small", workers=2)
    asked = [Asked(Candidate(1, {"mix.visits": 8}), 10, (0, 1))]
    asked.append(Asked(Candidate(2, {}), 10, (0,)))
    asked.append(Asked(Candidate(3, {"mix.visits": "none"}), 10, (0,)))
    first, second, third = evaluator.measure(asked)
    assert first.seen.shape == first.unseen.shape == (2, 10)
    assert first.values == (pytest.approx(100 * np.mean(first.seen)), 1200.0)
    assert second.failure == "nothing is left"
    # of two budgets the one that is nearer its end
    assert evaluator.spent() == 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("search small: 1 trials, 12 of 100 CPU s, 2 of 4 GPU s")
    assert lines[1].startswith("search small: 2 trials (1 failed), 25 of 100 CPU s")
    # a control is a trial of its own, and the same trial again costs nothing
    evaluator.measure([asked[0], Asked(asked[0].candidate, 10, (0, 1), control=True)])
    assert len(evaluator.outcomes) == 3
    assert "mmbench" in evaluator.progress()
    assert any("-control-" in name for name in evaluator.outcomes)
    assert third.failure == "mix.visits is none"


def test_what_recipes_share_is_made_up_to_the_training_set_and_counted():
    search = small_settings(experiment=None, budget={"cpu_seconds": 100})
    evaluator = room.TrialEvaluator(search, "small", workers=2)
    evaluator.prepare(Asked(Candidate(1, {}), 10, (0,)))
    [outcome] = evaluator.outcomes.values()
    assert outcome.trial.target == "mix" and outcome.trial.name.endswith("-shared")
    assert evaluator.spent() == 0.125


def test_time_left_is_told_from_trials_of_this_run_alone(monkeypatch, capsys):
    search = small_settings(experiment=None, budget={"cpu_seconds": 100})
    clock = iter([0.0, 60.0])
    monkeypatch.setattr(room.time, "monotonic", lambda: next(clock))
    # the first recipe was measured before the search was killed
    monkeypatch.setattr(room, "known_outcome", lambda trial: "c001" in trial.name or None)
    evaluator = room.TrialEvaluator(search, "small", workers=2)
    evaluator.measure([Asked(Candidate(1, {}), 10, (0,)), Asked(Candidate(3, {}), 10, (0,))])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "search small: 1 trials, 12 of 100 CPU s"
    # 12.5 of the budget's 100 seconds in a minute, and 75 left
    assert lines[1] == "search small: 2 trials, 25 of 100 CPU s, at most 6 min left"


@pytest.mark.parametrize("failure", ["", "the pool has no split `reference`"])
def test_a_cheap_measure_ends_a_trial_with_stage_1_and_its_cost_counts(monkeypatch, failure):
    def measured(outcomes, asking, workers):
        assert asking == ("captions",)
        seeds = [SeedMeasures({"caption_loss": loss}, 4.0, 0.5, failure) for loss in (2.0, 3.0)]
        return [seeds for _ in outcomes]

    monkeypatch.setattr(room, "measured_seeds", measured)
    search = small_settings(
        experiment=None,
        objectives=["mmbench", "samples"],
        ladder=CHEAP_LADDER,
        budget={"cpu_seconds": 100},
    )
    evaluator = room.TrialEvaluator(search, "small", workers=2)
    asked = [Asked(Candidate(1, {}), 10, (0, 1), measure="caption_loss")]
    asked.append(Asked(Candidate(2, {}), 10, (0, 1), measure="caption_loss"))
    first, second = evaluator.measure(asked)
    assert first.failure == failure
    # a loss is turned, so that more is better
    assert first.values == (() if failure else (-2.5, 900.0))
    assert second.failure == "nothing is left"
    names = sorted(evaluator.outcomes)
    assert all(name.endswith("-10v-s0-1-stage1") for name in names)
    assert {one.trial.target for one in evaluator.outcomes.values()} == {"pretrain"}
    # two trials of 12.5 seconds, and two seeds of the one that did not fail
    assert evaluator.spent() == pytest.approx(0.33)
    assert ("caption_loss -2.500" in evaluator.progress()) == (not failure)
    # what recipes share is made as far as ever
    evaluator.prepare(asked[0])
    assert "search-small-c001-10v-s0-1-shared" in evaluator.outcomes
