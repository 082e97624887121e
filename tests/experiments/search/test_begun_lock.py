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


def test_no_record_of_another_recipe_s_models_is_in_it(keep):
    trained = "".join(
        f"  {name}:\n    cmd: {name}\n"
        for name in ("pretrain_lm@text", "pretrain@0", "finetune@0", "predict@0-mmbench", "score")
    )
    keep(LOCK + trained + "  report:\n    cmd: report\n")
    kept = ["pool", "stats@words", "mix", "pretrain_lm@text"]
    assert list(stage_texts(write_begun_lock("shared", params("words")).read_text())) == kept
    # the first trial of all begins with the project's own
    assert list(stage_texts(write_begun_lock(None, params("words")).read_text())) == kept
    Path("dvc.lock").unlink()
    assert write_begun_lock(None, params("words")) is None
