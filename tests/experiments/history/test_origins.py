"""When results were recorded, and from which code."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.small_repository import GIT, write_repository

from bettersynth.errors import UserError
from bettersynth.experiments.history.origins import code_words, recorded_on, recorded_words, utc


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("repository"))
        for name, value in GIT.items():
            patch.setenv(name, value)
        write_repository()
        yield


def git(*words):
    return subprocess.run(
        ["git", *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_an_experiment_names_its_commit_and_the_one_whose_code_it_ran(repository):
    words = code_words("better")
    assert words.startswith("commit ")
    assert words.endswith(f", run on {git('rev-parse', 'HEAD')[:12]}")
    assert recorded_on("HEAD") == utc(git("log", "-1", "--format=%cI"))


def test_the_workspace_says_what_has_changed_since_its_commit(repository):
    os.utime("results/score.json", (0, 0))
    assert recorded_on("workspace") == "1970-01-01T00:00:00+00:00"
    head = git("rev-parse", "HEAD")[:12]
    assert code_words("workspace").startswith(f"commit {head} (")
    Path("conf").mkdir(exist_ok=True)
    Path("conf/new.yaml").write_text("a: 1")
    try:
        assert code_words("workspace").endswith(
            ", 1 files under src, conf or dvc.yaml changed since"
        )
    finally:
        shutil.rmtree("conf")


def test_of_a_folder_the_date_alone_is_known(repository):
    shutil.copytree("results", "kept")
    try:
        os.utime("kept/score.json", (86400, 86400))
        expected = "1970-01-02 00:00 UTC, code unknown: kept is a folder of results"
        assert recorded_words("kept") == expected
        assert recorded_words("kept/items.parquet").startswith("1970-01-02 00:00 UTC")
    finally:
        shutil.rmtree("kept")


def test_moments_of_other_time_zones_are_told_in_utc():
    assert utc("2026-11-26T01:15:00+02:00") == "2026-11-25T23:15:00+00:00"


def test_a_folder_in_the_place_of_the_scores_is_told(tmp_path):
    (tmp_path / "score.json").mkdir()
    with pytest.raises(UserError, match=r"score\.json is a folder; it must be a file"):
        recorded_on(str(tmp_path))
