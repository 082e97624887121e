"""Trials run once each, whatever happens; a stand-in for DVC keeps experiments, or says why not."""

import json
import os
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.search.outcomes import known_outcome
from bettersynth.experiments.search.trial_settings import Trial
from bettersynth.experiments.search.trials import run_trial, run_trials

# `dvc --wait-for-lock exp run --temp --name NAME ...`: `behaviour` holds what it does besides
DVC = """#!/bin/sh
echo "$6" >> ran
. ./behaviour
echo '{"mmbench": 61.5}' > results/score.json
git add results && git -c user.name=n -c user.email=a@example.org commit -q -m "$6" --allow-empty
git update-ref "refs/exps/ab/cdef/$6" HEAD
"""


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    Path("bin").mkdir()
    Path("results").mkdir()
    Path("bin/dvc").write_text(DVC)
    Path("bin/dvc").chmod(0o755)
    Path("behaviour").touch()
    subprocess.run(["git", "init", "--quiet"], check=True)


def trial(name: str) -> Trial:
    return Trial(name, ("mix.visits=8",), "score", {"seeds": [0]})


def ran() -> list[str]:
    return Path("ran").read_text().split() if Path("ran").exists() else []


def test_a_trial_is_run_once_and_read_from_its_experiment():
    first = run_trial(trial("a"))
    assert (first.failure, first.score()) == ("", {"mmbench": 61.5})
    again = run_trial(trial("a"))
    assert again == first
    assert ran() == ["a"]


def test_one_that_failed_is_counted_with_its_reason_and_not_run_again():
    Path("behaviour").write_text("echo 'error: mix: nothing is left'; exit 1")
    outcome = run_trial(trial("a"))
    assert outcome.failure.startswith("mix: nothing is left (all words: .snakemake/log")
    again = run_trial(trial("a"))
    # the same words, so that a search that was killed writes the same record
    assert again.failure == outcome.failure
    assert "; to try again: remove cache/trials/a.json)" in again.failure
    assert ran() == ["a"]


def test_one_that_failed_is_charged_with_its_wall_time_where_a_gpu_is_visible(monkeypatch):
    Path("behaviour").write_text("sleep 0.3; exit 1")
    assert run_trial(trial("a")).gpu_seconds == 0.0
    monkeypatch.setattr("bettersynth.experiments.search.trials.visible_gpus", lambda: ["0"])
    assert run_trial(trial("b")).gpu_seconds >= 0.3
    # again, by the record
    assert run_trial(trial("b")).gpu_seconds >= 0.3


@pytest.mark.parametrize(
    "behaviour",
    ["kill -9 $$", "echo 'error: No space left on device: x; run it again'; exit 1"],
)
def test_a_kill_and_a_full_disk_say_nothing_of_the_trial(behaviour):
    Path("behaviour").write_text(behaviour)
    with pytest.raises(UserError, match=r"the trial a.*(killed|No space left)"):
        run_trial(trial("a"))
    assert known_outcome(trial("a")) is None
    Path("behaviour").write_text("")
    assert run_trial(trial("a")).failure == ""


def test_a_kill_after_dvc_kept_the_experiment_loses_nothing():
    first = run_trial(trial("a"))
    Path("cache/trials/a.json").unlink()
    assert known_outcome(trial("a")).score() == first.score()
    run_trial(trial("a"))
    assert ran() == ["a"]


def test_the_first_of_many_makes_what_all_share_before_the_others_begin():
    Path("behaviour").write_text(
        '[ "$6" = a ] && sleep 0.2; echo "$6 ended" >> ended; flock . true'
    )
    seen = []
    trials = [trial(name) for name in ("a", "b", "a", "c")]
    outcomes = run_trials(trials, workers=1, when_ended=lambda ended: seen.append(ended.trial.name))
    assert [outcome.trial.name for outcome in outcomes] == ["a", "b", "a", "c"]
    assert sorted(ran()) == sorted(seen) == ["a", "b", "c"]
    assert Path("ended").read_text().startswith("a ended")


def test_outcomes_are_told_one_after_the_other():
    told = []

    def tell(outcome):
        told.append("begins")
        time.sleep(0.05)
        told.append(outcome.trial.name)

    for name in "abc":
        run_trial(trial(name))
    run_trials([trial(name) for name in "abc"], workers=3, when_ended=tell)
    assert told[::2] == ["begins"] * 3
    assert sorted(told[1::2]) == ["a", "b", "c"]


def test_a_trial_whose_starter_was_killed_is_waited_for():
    Path("behaviour").write_text("touch began; while [ ! -e go ]; do sleep 0.02; done")
    threads = [threading.Thread(target=run_trial, args=(trial("a"),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    Path("go").touch()
    for thread in threads:
        thread.join()
    assert ran() == ["a"]


@pytest.mark.parametrize(
    "words",
    [
        "interrupted: what was finished is kept; run the same command again to go on",
        "ERROR: failed to reproduce 'pretrain@0': failed to run: python, exited with -9",
    ],
)
def test_a_stage_that_was_killed_beside_dvc_says_nothing_of_the_trial(words):
    Path("behaviour").write_text(f'echo "{words}"; echo "ERROR: it failed"; exit 255')
    with pytest.raises(UserError, match=r"the trial a was killed or interrupted; run the same"):
        run_trial(trial("a"))
    assert known_outcome(trial("a")) is None


def test_what_a_killed_run_had_finished_is_counted_and_no_other_trials_stages(monkeypatch):
    def record(moment: float, seconds: float) -> dict:
        finished = datetime.fromtimestamp(moment, UTC).isoformat()
        return {"finished": finished, "cpu_seconds": seconds, "gpu_seconds": seconds}

    began = time.time() - 100
    records = {
        "of another trial": record(began - 50, 400.0),
        "of the killed run": record(began + 20, 30.0),
        "of this run": record(time.time() + 60, 5.0),
    }
    monkeypatch.setattr("bettersynth.experiments.search.outcomes.stage_costs", lambda lock: records)
    Path("behaviour").write_text("echo 'schema: 2.0' > dvc.lock; git add dvc.lock")
    Path("cache/trials").mkdir(parents=True)
    Path("cache/trials/a.began").write_text(f'{{"began": {began}}}')
    outcome = run_trial(trial("a"))
    # of this run counts what the process took, which is little
    assert 30.0 <= outcome.cpu_seconds < 33.0
    assert outcome.gpu_seconds == 35.0
    # its starter is killed after DVC has kept the experiment
    Path("cache/trials/a.json").unlink()
    assert known_outcome(trial("a")).cpu_seconds == 35.0
    assert run_trial(trial("a")).cpu_seconds == 35.0
    assert json.loads(Path("cache/trials/a.json").read_text())["cpu_seconds"] == 35.0
    assert ran() == ["a"]
