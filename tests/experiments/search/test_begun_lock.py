"""A trial begins with the records of what all recipes share, and with no stat that it lacks."""

import subprocess
from pathlib import Path

import pytest

from bettersynth.experiments.search.begun_lock import write_begun_lock
from bettersynth.experiments.workflow.lock_text import HEAD, stage_texts

LOCK = f"""\
{HEAD}  pool:
    cmd: make pool
  stats@words:
    cmd: measure words
  stats@length:
    cmd: measure length
  mix:
    cmd: mix
"""


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Keep a dvc.lock as the experiment `shared` of the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    subprocess.run(["git", "init", "--quiet"], check=True)

    def kept(text):
        Path("dvc.lock").write_text(text)
        git = ["git", "-c", "user.name=n", "-c", "user.email=a@example.org"]
        subprocess.run([*git, "add", "dvc.lock"], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "x"], check=True)
        subprocess.run(["git", "update-ref", "refs/exps/ab/cdef/shared", "HEAD"], check=True)

    return kept


def params(*stats):
    return {"watched": {"stats": dict.fromkeys(stats, {})}}


def test_only_stats_of_the_trial_are_in_its_lock(keep):
    keep(LOCK)
    path = write_begun_lock("shared", params("words"))
    assert list(stage_texts(path.read_text())) == ["pool", "stats@words", "mix"]
    assert write_begun_lock("shared", params("words")) == path
    other = write_begun_lock("shared", params("words", "length"))
    assert other.read_text() == LOCK


def test_without_a_lock_there_is_nothing_to_begin_with(keep):
    keep("stages: {}\n")
    assert write_begun_lock("shared", params("words")) is None
    assert write_begun_lock("another", params("words")) is None
