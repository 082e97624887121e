"""Every result of a repository is found once, under its best name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.small_repository import GIT, write_repository
from support.small_runs import whole_score

from bettersynth.data.files.writing import write_json
from bettersynth.experiments.history.known_runs import known_runs


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in GIT.items():
            patch.setenv(name, value)
        write_repository()
        yield folder


def test_experiments_commits_and_the_workspace_are_found_each_result_once(repository):
    runs = {run.name: run for run in known_runs()}
    # the workspace holds what the experiment made
    assert runs["better"].also == ("workspace",)
    [commit] = [name for name in runs if name != "better"]
    assert len(commit) == 7
    assert runs[commit].commit == commit
    assert runs["better"].score["mmbench"] > runs[commit].score["mmbench"]
    assert runs["better"].experiment.params == {"run": "new", "seeds": [0, 1, 2], "mix": {}}
    assert all(run.date.startswith("20") for run in runs.values())


def test_a_folder_of_results_is_found_and_one_of_another_version_is_told(repository, capsys):
    folder = Path("results/mine")
    folder.mkdir()
    shutil.copy("results/items.parquet", folder)
    write_json(folder / "score.json", whole_score())
    write_json("results/old/score.json", {"accuracy": 1})
    without_samples = {key: value for key, value in whole_score().items() if key != "samples"}
    write_json("results/damaged/score.json", without_samples)
    try:
        names = [run.name for run in known_runs()]
    finally:
        shutil.rmtree(folder)
        shutil.rmtree("results/old")
        shutil.rmtree("results/damaged")
    assert "results/mine" in names
    assert "results/old" not in names
    assert "results/damaged" not in names
    told = capsys.readouterr().err
    assert "results/old is left out" in told
    said = "results/damaged is left out: results/score.json of results/damaged has no samples"
    assert said in told


def test_a_commit_of_another_time_zone_is_dated_in_utc(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {**GIT, "GIT_COMMITTER_DATE": "2026-11-02T01:00:00+05:00"}.items():
        monkeypatch.setenv(name, value)
    subprocess.run(["git", "init", "-q"], check=True)
    # the workspace stands for the newest
    for samples in (1, 2):
        write_json("results/score.json", whole_score(samples=samples))
        subprocess.run(["git", "add", "-A"], check=True)
        subprocess.run(["git", "commit", "-q", "-m", "scores"], check=True)
    assert [run.date for run in known_runs()][1:] == ["2026-11-01T20:00:00+00:00"]
