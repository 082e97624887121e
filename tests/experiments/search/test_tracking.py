"""Trials in MLflow and W&B, offline."""

from __future__ import annotations

import pytest

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError
from bettersynth.experiments.search import tracking as module
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.tracking import require_tracker, track
from bettersynth.experiments.search.trial_settings import Trial

OVERRIDES = ("experiment=tiny", "+control=random", "filter.recipe=[{a: {b: 1}}]")
SCORE = {"mmbench": 58.25, "samples": 31, "mmbench_protocol": "likelihood", "whole": True}


class Scored(Outcome):
    """A trial's outcome with scores in memory."""

    def score(self):
        return SCORE


def outcome(name: str, failure: str = "", target: str = "score") -> Outcome:
    return Scored(Trial(name, OVERRIDES, target, {}), failure, 12.5, 0.0)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


def test_settings_and_numbers_are_those_of_the_trial():
    assert module.settings_of(outcome("one")) == {
        "experiment": "tiny",
        "control": "random",
        "filter.recipe": "[{a: {b: 1}}]",
    }
    cost = {"cpu_seconds": 12.5, "gpu_seconds": 0.0}
    assert module.numbers_of(outcome("one")) == cost | {"mmbench": 58.25, "samples": 31.0}
    assert module.numbers_of(outcome("one", failure="no sample is left")) == cost


@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_a_trial_is_logged_once_and_again_where_logging_failed(tracker, monkeypatch, capsys):
    logged = []
    # of no class of the tracker's own: a database's
    troubles = [OSError("no route\nto postgresql://me:secret@host/runs")]

    def log(study, ended):
        logged.append((study, ended.trial.name))
        if troubles:
            raise troubles.pop()

    monkeypatch.setattr(module, f"_log_to_{tracker}", log)
    monkeypatch.setattr(module, "_OUT_OF_REACH", set())
    for _ in range(2):
        track(tracker, "search-a", outcome("one"))
    # one that does not answer is not asked again by each trial that ends
    assert logged == [("search-a", "one")]
    note = f"note: {tracker}: no route to postgresql://host/runs; no further trial is logged there"
    assert capsys.readouterr().err == f"{note} until the study is typed again\n"
    # typed again
    monkeypatch.setattr(module, "_OUT_OF_REACH", set())
    for _ in range(2):
        track(tracker, "search-a", outcome("one"))
    assert logged == [("search-a", "one")] * 2


def test_nothing_is_logged_without_a_tracker_or_of_what_scores_nothing(monkeypatch):
    logged = []
    monkeypatch.setattr(module, "_log_to_mlflow", lambda _, ended: logged.append(ended.trial.name))
    track(None, "search-a", outcome("one"))
    track("mlflow", "search-a", outcome("shared", target="mix"))
    assert logged == []
    track("mlflow", "search-a", outcome("one"))
    assert logged == ["one"]


def test_one_that_failed_is_logged_again_when_it_was_run_anew(monkeypatch):
    logged = []
    monkeypatch.setattr(module, "_log_to_mlflow", lambda _, ended: logged.append(ended.failure))
    failed, finished = outcome("one", failure="no sample is left"), outcome("one")
    for ended in (failed, failed, finished, finished):
        track("mlflow", "search-a", ended)
    assert logged == ["no sample is left", ""]


def test_a_tracker_that_is_not_installed_is_refused_with_what_to_install(monkeypatch):
    require_tracker(None, "conf/search/a.yaml")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"a\.yaml: tracker is wandb, which is not installed; .pip"):
        require_tracker("wandb", "conf/search/a.yaml")


def test_mlflow_keeps_settings_scores_and_how_a_trial_ended():
    mlflow = pytest.importorskip("mlflow")
    track("mlflow", "search-a", outcome("one", failure="stage 2 ran out"))
    # run anew
    track("mlflow", "search-a", outcome("one"))
    track("mlflow", "search-a", outcome("two", failure="no sample is left"))
    client = mlflow.MlflowClient()
    # as after a kill before the trial counted as logged
    for mark in scratch_folder("trials").glob("*.mlflow"):
        mark.unlink()
    track("mlflow", "search-a", outcome("one"))
    study = client.get_experiment_by_name("search-a")
    found = client.search_runs([study.experiment_id])
    assert len(found) == 2
    runs = {run.info.run_name: run for run in found}
    assert runs["one"].data.metrics["mmbench"] == 58.25
    assert runs["one"].data.params["filter.recipe"] == "[{a: {b: 1}}]"
    assert (runs["one"].info.status, runs["one"].data.tags["failure"]) == ("FINISHED", "")
    assert runs["two"].info.status == "FAILED"
    assert runs["two"].data.tags["failure"] == "no sample is left"


def test_wandb_offline_keeps_a_run_of_the_trial(tmp_path):
    pytest.importorskip("wandb")
    track("wandb", "search-a", outcome("one"))
    (folder,) = (tmp_path / "wandb").glob("offline-run-*-one")
    kept = (folder / "run-one.wandb").read_bytes()
    for word in (b"mmbench", b"58.25", b"filter.recipe", b"[{a: {b: 1}}]", b"search-a"):
        assert word in kept
