"""What a run will take follows from its work and from what such work took before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.data.files.writing import write_json
from bettersynth.experiments.history import estimates as module
from bettersynth.experiments.history.costs import record_path
from bettersynth.experiments.history.estimates import described, estimate
from bettersynth.experiments.history.planned_work import PlannedStage


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """An empty project, whose plan is the list that is returned."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    stages: list[PlannedStage] = []
    monkeypatch.setattr(module, "composed_params", lambda name: {})
    monkeypatch.setattr(module, "load_stages", list)
    monkeypatch.setattr(module, "planned_stages", lambda params, lock, stale: stages)
    return stages


def record(stage, output, cpu, samples=None, finished="2026", maker=None):
    content = {"stage": stage, "outputs": {"x": output}, "finished": finished, "cpu_seconds": cpu}
    content |= {"wall_seconds": 2 * cpu, "gpu_seconds": 0.0}
    if samples is not None:
        content["samples"] = samples
    if maker is not None:
        content["maker"] = maker
    write_json(record_path(stage, {"x": output}), content)


def test_seconds_grow_with_the_samples_that_are_not_scored_yet(plan):
    record("stats@clip", "one", cpu=11.0, samples=100)
    plan.append(PlannedStage("stats@clip", True, 1000, 700, 5.0))
    [stage] = estimate(None).stages
    # a second to start, a tenth of one a sample
    assert stage.seconds["cpu_seconds"] == pytest.approx(1 + 0.1 * 300)
    assert not stage.is_reference


def test_records_of_other_seeds_tell_and_the_middle_one_of_the_newest_counts(plan):
    for number, cpu in enumerate([900.0, 10.0, 12.0, 11.0, 10.0, 60.0]):
        record(f"pretrain@{number}", str(number), cpu, 50, finished=f"2026-0{number + 1}")
    plan.append(PlannedStage("pretrain@9", True, 50, 0, None))
    [stage] = estimate(None).stages
    assert stage.seconds["cpu_seconds"] == pytest.approx(11.0)


def test_a_stage_that_had_nothing_to_do_then_does_not_tell(plan):
    record("caption", "none", 1.2, 0)
    record("caption", "some", 21.0, 100)
    plan.append(PlannedStage("caption", True, None, 0, None))
    assert estimate(None).stages[0].seconds["cpu_seconds"] == 21.0
    plan[0] = PlannedStage("caption", True, 0, 0, None)
    assert estimate(None).stages[0].seconds["cpu_seconds"] == 1.0


def test_another_captioner_says_nothing_of_this_ones_captions(plan):
    record("caption", "slow", 101.0, 100, maker="blip2")
    record("caption", "fast", 2.0, 100, maker="nano")
    record("caption", "older", 50.0, 100)
    plan.append(PlannedStage("caption", True, 1000, 500, None, "nano"))
    assert estimate(None).stages[0].seconds["cpu_seconds"] == pytest.approx(1 + 0.01 * 500)


def test_without_a_record_the_default_run_of_another_machine_tells(plan):
    plan.append(PlannedStage("scorer", True, None, 0, None))
    plan.append(PlannedStage("stats@of_mine", True, 10, 0, None))
    plan.append(PlannedStage("mix", False, None, 0, None))
    told = estimate(None)
    scorer, unknown = told.stages
    assert scorer.is_reference and scorer.seconds["cpu_seconds"] > 10
    assert unknown.seconds == {}
    text = described(told)
    assert "up to date, so that they take nothing: 1 stages" in text
    assert "reference_costs.json): scorer" in text


def test_a_run_that_was_made_is_compared_with_what_others_told_of_it(plan):
    record("mix", "other", 10.0, 100)
    record("mix", "own", 15.0, 100)
    Path("results/mine").mkdir(parents=True)
    lock = "stages:\n  mix:\n    outs:\n    - {path: x, md5: own}\n"
    Path("results/mine/dvc.lock").write_text(lock)
    plan.append(PlannedStage("mix", True, 100, 0, None))
    told = estimate("mine")
    assert told.stages[0].seconds["cpu_seconds"] == 10.0
    assert told.stages[0].took["cpu_seconds"] == 15.0
    heading, mix, total = described(told).splitlines()
    assert heading.split()[-2:] == ["off", "by"]
    assert mix.split() == ["mix", "1", "100", "-", "10.0", "20.0", "0.0", "-", "15.0", "x", "1.50"]
    assert total.split()[-3:] == ["15.0", "x", "1.50"]


def test_nothing_to_do_is_said(plan):
    plan.append(PlannedStage("mix", False, None, 0, None))
    assert described(estimate(None)).startswith("nothing to do: every stage is up to date")
