"""What DVC would find out when everything is computed is said before anything is."""

import subprocess
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.place import (
    path_in_repository,
    require_place_for_experiments,
)
from bettersynth.experiments.workflow.revisions import read_at_revision


def git(*words):
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *words], check=True, capture_output=True)


def start_repository(folder, monkeypatch, commits=1):
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    git("init", "--quiet")
    for number in range(commits):
        Path("params.yaml").write_text(f"x: {number}\n")
        git("add", "-A")
        git("commit", "--quiet", "-m", str(number))


def test_a_whole_clone_at_a_plain_path_passes(tmp_path, monkeypatch):
    start_repository(tmp_path / "project", monkeypatch)
    assert require_place_for_experiments() is None


def test_a_shallow_clone_is_told_how_to_be_whole(tmp_path, monkeypatch):
    start_repository(tmp_path / "project", monkeypatch, commits=2)
    git("clone", "--quiet", "--depth", "1", f"file://{tmp_path}/project", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(UserError, match="run `git fetch --unshallow` first"):
        require_place_for_experiments()
    git("fetch", "--quiet", "--unshallow")
    assert require_place_for_experiments() is None


def test_a_path_that_dvc_cannot_copy_to_is_named(tmp_path, monkeypatch):
    start_repository(tmp_path / "pr\u00fcfung", monkeypatch)
    with pytest.raises(UserError, match="pr\u00fcfung: the path has letters beyond ASCII; move"):
        require_place_for_experiments()


def test_code_that_git_does_not_know_is_named(tmp_path, monkeypatch):
    start_repository(tmp_path / "project", monkeypatch)
    Path("conf/experiment").mkdir(parents=True)
    Path("conf/experiment/mine.yaml").write_text("seeds: [0]\n")
    with pytest.raises(UserError, match="git does not know conf/experiment/mine.yaml: .*git add"):
        require_place_for_experiments()


def test_a_project_below_the_root_of_its_repository_is_read_at_a_revision(tmp_path, monkeypatch):
    start_repository(tmp_path, monkeypatch)
    project = tmp_path / "work/project"
    project.mkdir(parents=True)
    monkeypatch.chdir(project)
    subprocess.run(["dvc", "init", "--quiet", "--subdir"], check=True)
    Path("score.json").write_text("{}")
    git("add", "-A")
    git("commit", "--quiet", "-m", "project")
    assert path_in_repository("score.json") == "work/project/score.json"
    assert read_at_revision("HEAD", "score.json") == b"{}"
