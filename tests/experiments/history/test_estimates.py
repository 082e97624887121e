"""What a run will take follows from its work and from what such work took before."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.committed import committed_params

from bettersynth.data.files.writing import write_json
from bettersynth.experiments.history import estimates as module
from bettersynth.experiments.history.costs import record_path
from bettersynth.experiments.history.estimates import described, estimate
from bettersynth.experiments.history.planned_work import PlannedStage
from bettersynth.experiments.history.work_settings import WorkSettings, work_settings

FULL = WorkSettings("full", "many")
TINY = WorkSettings("tiny", "few")
# as full, of another number
FEWER = WorkSettings("full", "few")


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """An empty project, whose plan is the list that is returned."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    stages: list[PlannedStage] = []
    monkeypatch.setattr(module, "composed_params", lambda name: {})
    monkeypatch.setattr(module, "composed", committed_params)
    monkeypatch.setattr(module, "load_stages", list)
    monkeypatch.setattr(module, "planned_stages", lambda params, lock, stale, made: stages)
    return stages


def record(stage, output, cpu, samples=None, finished="2026", settings=FULL, made=None):
    content = {"stage": stage, "outputs": {"x": output}, "finished": finished, "cpu_seconds": cpu}
    content |= {"wall_seconds": 2 * cpu, "gpu_seconds": 0.0}
    counts = {"samples": samples, "made": made, "settings": settings and settings._asdict()}
    content |= {name: value for name, value in counts.items() if value is not None}
    write_json(record_path(stage, {"x": output}), content)


def planned(stage, samples=None, known=0, settings=FULL):
    return PlannedStage(stage, True, samples, known, None, settings)


def cpu_seconds():
    [stage] = estimate(None).stages
    return stage.seconds.get("cpu_seconds")


def test_seconds_grow_with_the_samples_that_are_not_scored_yet(plan):
    record("stats@clip", "one", cpu=11.0, samples=100)
    plan.append(planned("stats@clip", 400, 300))
    # a second to start, a tenth of one a sample
    assert cpu_seconds() == pytest.approx(1 + 0.1 * 100)
    plan[0] = planned("stats@clip", 1000, 700)
    assert cpu_seconds() == pytest.approx(1 + 0.1 * 300)
    assert not estimate(None).stages[0].is_reference
    plan[0] = planned("stats@clip", 1000, 1000)
    assert cpu_seconds() == 1.0


def test_what_a_cache_knew_then_was_no_work(plan):
    record("stats@clip", "all", cpu=11.0, samples=100, made=100)
    record("stats@clip", "half", cpu=6.0, samples=100, made=50)
    record("stats@clip", "none", cpu=1.0, samples=100, made=0)
    plan.append(planned("stats@clip", 100))
    assert cpu_seconds() == pytest.approx(11.0)
    # where the plan does not know how many there are
    plan[0] = planned("stats@clip")
    assert cpu_seconds() == pytest.approx(11.0)


def test_records_of_other_seeds_tell_and_the_middle_one_of_the_newest_counts(plan):
    for number, cpu in enumerate([900.0, 10.0, 12.0, 11.0, 10.0, 60.0]):
        record(f"pretrain@{number}", str(number), cpu, 50, finished=f"2026-0{number + 1}")
    plan.append(planned("pretrain@9", 50))
    assert cpu_seconds() == pytest.approx(11.0)


def test_a_tiny_run_says_nothing_of_a_full_one(plan):
    record("captioner", "tiny", 4.0, settings=TINY)
    record("pretrain@0", "tiny", 3.0, samples=320)
    plan += [planned("captioner"), planned("pretrain@0", 9000)]
    captioner, pretrain = estimate(None).stages
    assert captioner.seconds == pretrain.seconds == {}
    captioner_line, pretrain_line, _, said = described(estimate(None)).splitlines()[1:5]
    assert "not known" in captioner_line and "not known" in pretrain_line
    assert said.endswith("of enough work: captioner, pretrain")
    record("captioner", "full", 100.0)
    record("pretrain@1", "full", 43.0, samples=9000)
    captioner, pretrain = estimate(None).stages
    assert captioner.seconds["cpu_seconds"] == 100.0
    assert pretrain.seconds["cpu_seconds"] == pytest.approx(43.0)


def test_the_same_settings_tell_before_the_rate_of_other_numbers(plan):
    record("stats@clip", "few", cpu=41.0, samples=40, settings=FEWER)
    plan.append(planned("stats@clip", 100))
    assert cpu_seconds() == pytest.approx(1 + 100)
    record("stats@clip", "many", cpu=11.0, samples=100)
    assert cpu_seconds() == pytest.approx(11.0)


def test_without_a_number_of_samples_other_numbers_do_not_tell(plan):
    record("mix", "few", cpu=2.0, samples=40, settings=FEWER)
    plan.append(planned("mix"))
    assert cpu_seconds() is None
    record("mix", "many", cpu=5.0, samples=90)
    assert cpu_seconds() == 5.0


def test_a_record_of_an_older_version_has_no_settings_and_tells_nothing(plan):
    record("mix", "old", cpu=2.0, samples=40, settings=None)
    plan.append(planned("mix", 40))
    assert cpu_seconds() is None


def test_a_stage_that_had_nothing_to_do_then_does_not_tell(plan):
    record("caption", "none", 1.2, 0)
    record("caption", "some", 21.0, 100)
    plan.append(planned("caption", 100))
    assert cpu_seconds() == 21.0
    plan[0] = planned("caption", 0, settings=TINY)
    assert cpu_seconds() == 1.0


def test_without_a_record_the_default_run_of_another_machine_tells_of_its_own_settings(plan):
    params = committed_params()
    plan.append(planned("scorer", settings=work_settings("scorer", params)))
    plan.append(planned("captioner", settings=TINY))
    plan.append(PlannedStage("mix", False, None, 0, None))
    told = estimate(None)
    scorer, captioner = told.stages
    assert scorer.is_reference and scorer.seconds["cpu_seconds"] > 10
    assert captioner.seconds == {}
    text = described(told)
    assert "up to date, so that they take nothing: 1 stages" in text
    assert text.endswith("reference_costs.json): scorer")


def test_a_run_that_was_made_is_compared_with_what_others_told_of_it(plan):
    record("mix", "other", 10.0, 100)
    Path("results/mine").mkdir(parents=True)
    lock = "stages:\n  mix:\n    outs:\n    - {path: x, md5: own}\n"
    Path("results/mine/dvc.lock").write_text(lock)
    plan.append(planned("mix", 100))
    record("mix", "own", 15.0, 100)
    told = estimate("mine")
    # the next one is foreseen by both
    assert told.stages[0].seconds["cpu_seconds"] == 12.5
    assert told.stages[0].foreseen["cpu_seconds"] == 10.0
    assert told.stages[0].took["cpu_seconds"] == 15.0
    heading, mix, total = described(told).splitlines()
    assert heading.split()[-3:] == ["foreseen", "off", "by"]
    numbers = ["12.5", "25.0", "0.0", "-", "15.0", "10.0", "x", "1.50"]
    assert mix.split() == ["mix", "1", "100", "-", *numbers]
    assert total.split()[-4:] == ["15.0", "10.0", "x", "1.50"]


def test_of_the_only_run_nothing_was_foreseen(plan):
    Path("results/mine").mkdir(parents=True)
    Path("results/mine/dvc.lock").write_text(
        "stages:\n  mix:\n    outs:\n    - {path: x, md5: own}\n"
    )
    record("mix", "own", 15.0, 100)
    plan.append(planned("mix", 100))
    assert described(estimate("mine")).splitlines()[1].endswith("15.0 not known       -")


def test_nothing_to_do_is_said(plan):
    plan.append(PlannedStage("mix", False, None, 0, None))
    assert described(estimate(None)).startswith("nothing to do: every stage is up to date")
