"""What a killed DVC left in git and in its queue is put right; what is the user's stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow import killed_experiments
from bettersynth.experiments.workflow.killed_experiments import (
    EXPERIMENTS,
    begin_experiment,
    branch_left,
    put_right,
)

ROOT = Path(__file__).parents[3]
PERSON = ["-c", "user.name=n", "-c", "user.email=a@example.org"]


def git(*words):
    command = ["git", *PERSON, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A commit of `data.txt`, where experiments have run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("atexit.register", lambda function, **arguments: None)
    begin_experiment.cache_clear()
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "n")
    git("config", "user.email", "a@example.org")
    Path("data.txt").write_text("committed")
    Path("params.yaml").write_text("rate: 1")
    git("add", "--all")
    git("commit", "--quiet", "-m", "start")
    Path(EXPERIMENTS).mkdir(parents=True)
    return tmp_path


def detach():
    """As DVC does: to the full hash of the present commit."""
    git("checkout", "--quiet", git("rev-parse", "HEAD"))


def put_away():
    """Put the folder's changes in git's stash with the library that DVC does it with."""
    import pygit2

    repository = pygit2.Repository(".")
    repository.stash(repository.default_signature)


def test_head_is_on_its_branch_again(project, capsys):
    detach()
    Path("data.txt").write_text("mine")
    git("add", "data.txt")
    put_right()
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"
    # no longer in the index, still in the folder
    assert git("diff", "--cached", "--name-only") == ""
    assert Path("data.txt").read_text() == "mine"
    assert "git is on main again" in capsys.readouterr().err


@pytest.mark.parametrize("mine", ["rate: 1", "rate: 3"])
def test_settings_of_a_copy_of_the_tree_do_not_stay_in_the_folder(
    project, monkeypatch, capsys, mine
):
    monkeypatch.setattr("sys.argv", ["dvc", "exp", "run", "--temp"])
    begin_experiment()
    Path("params.yaml").write_text(mine)
    if mine != "rate: 1":
        put_away()
    detach()
    Path("params.yaml").write_text("rate: 2")
    put_right()
    assert Path("params.yaml").read_text() == mine
    assert "params.yaml is yours again" in capsys.readouterr().err
    assert not list(EXPERIMENTS.glob("composing-*"))


def test_settings_of_a_run_in_the_folder_stay_there(project, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dvc", "exp", "run"])
    begin_experiment()
    detach()
    Path("params.yaml").write_text("rate: 2")
    put_right()
    assert Path("params.yaml").read_text() == "rate: 2"


def test_settings_that_the_user_wrote_after_a_kill_stay(project, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dvc", "exp", "run", "--queue"])
    # killed when HEAD was back: the settings were too
    begin_experiment()
    Path("params.yaml").write_text("rate: 4")
    put_right()
    assert Path("params.yaml").read_text() == "rate: 4"
    assert not list(EXPERIMENTS.glob("composing-*"))


def test_head_is_back_from_an_experiments_commit_and_from_a_chain_of_kills(project):
    detach()
    git("commit", "--quiet", "--allow-empty", "-m", "dvc: commit experiment 123")
    detach()
    assert branch_left() == "main"
    put_right()
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_commit_that_the_user_made_there_is_not_left_behind(project):
    detach()
    git("commit", "--quiet", "--allow-empty", "-m", "work of hours")
    assert branch_left() == ""
    put_right()
    assert git("log", "-1", "--format=%s") == "work of hours"


def test_a_commit_that_the_user_went_to_stays(project):
    first = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "-m", "second")
    git("checkout", "--quiet", first)
    put_right()
    assert git("rev-parse", "HEAD") == first


def test_changes_that_dvc_had_put_away_are_back(project, capsys):
    Path("data.txt").write_text("mine")
    put_away()
    assert Path("data.txt").read_text() == "committed"
    put_right()
    assert Path("data.txt").read_text() == "mine"
    assert git("stash", "list") == ""
    assert "they are back" in capsys.readouterr().err


def test_changes_that_lie_in_the_folder_too_are_put_away_no_longer(project):
    Path("data.txt").write_text("mine")
    put_away()
    Path("data.txt").write_text("mine")
    # composed by the run that was killed
    Path("params.yaml").write_text("rate: 2")
    begin_experiment()
    put_right()
    assert Path("data.txt").read_text() == "mine"
    assert git("stash", "list") == ""


def test_changes_that_do_not_go_with_the_folders_are_named(project, capsys):
    Path("data.txt").write_text("mine")
    put_away()
    Path("data.txt").write_text("later")
    begin_experiment()
    put_right()
    assert Path("data.txt").read_text() == "later"
    assert "`git stash show -p stash@{0}` shows them" in capsys.readouterr().err


def test_of_several_kills_the_newest_changes_are_back_and_the_users_own_stash_stays(project):
    Path("data.txt").write_text("a stash of the user's")
    git("stash")
    for text in ("older", "newer"):
        Path("data.txt").write_text(text)
        put_away()
    put_right()
    assert Path("data.txt").read_text() == "newer"
    left = git("stash", "list", "--format=%gd").split()
    assert left == ["stash@{0}", "stash@{1}"]
    assert git("show", "stash@{0}:data.txt") == "older"
    assert git("show", "stash@{1}:data.txt") == "a stash of the user's"


def test_a_files_name_may_be_in_any_encoding(project):
    name = os.fsdecode(b"caf\xe9.txt")
    Path(name).write_text("committed")
    git("add", "--all")
    git("commit", "--quiet", "-m", "second")
    Path(name).write_text("mine")
    put_away()
    put_right()
    assert Path(name).read_text() == "mine"


def test_a_stash_of_the_users_stays(project):
    Path("data.txt").write_text("mine")
    git("stash")
    put_right()
    assert Path("data.txt").read_text() == "committed"
    assert git("stash", "list") != ""


def test_what_one_dvc_alone_needs_is_removed(project):
    head = git("rev-parse", "HEAD")
    git("update-ref", "refs/exps/exec/EXEC_HEAD", head)
    git("update-ref", "refs/exps/exec/EXEC_BASELINE", head)
    git("update-ref", "refs/exps/stash", head)
    git("update-ref", "refs/exps/temp/head-1", head)
    git("update-ref", "refs/exps/12/34/kept", head)
    git("symbolic-ref", "refs/exps/exec/EXEC_BRANCH", "refs/exps/12/34/kept")
    copy = EXPERIMENTS / "standalone/tmpab12"
    copy.mkdir(parents=True)
    cut = Path(".dvc/cache/files/md5/c3/.Zg_j4bhvtq.tmp")
    cut.parent.mkdir(parents=True)
    cut.touch()
    whole = cut.with_name("0b2c")
    whole.touch()
    put_right()
    left = git("for-each-ref", "--format=%(refname)", "refs/exps").split()
    assert left == ["refs/exps/12/34/kept", "refs/exps/exec/EXEC_HEAD"]
    assert not copy.exists()
    assert not cut.exists()
    assert whole.exists()


@pytest.mark.parametrize("experiments", [True, False])
def test_a_lock_of_gits_that_nobody_holds_is_removed(project, capsys, experiments):
    # DVC adds dvc.lock to git after each stage of a plain snakemake too
    if not experiments:
        EXPERIMENTS.rmdir()
    Path(".git/index.lock").touch()
    put_right()
    assert not Path(".git/index.lock").exists()
    assert "removed .git/index.lock" in capsys.readouterr().err


@pytest.mark.parametrize("begin", [put_right, begin_experiment])
def test_a_list_of_dvcs_locks_that_was_cut_is_removed(project, capsys, begin):
    cut, whole = EXPERIMENTS / "rwlock", Path(".dvc/tmp/rwlock")
    cut.touch()
    whole.write_text('{"read": {}}')
    begin()
    assert not cut.exists()
    assert whole.exists()
    assert "removed .dvc/tmp/exps/rwlock" in capsys.readouterr().err


@pytest.fixture
def working_dvc(project):
    """A process that is called as DVC is, in a copy of the tree."""
    copy = project / EXPERIMENTS / "tmpab12"
    copy.mkdir()
    with subprocess.Popen(["dvc", "60"], executable="/bin/sleep", cwd=copy) as process:
        yield process
        process.kill()


def test_nothing_is_touched_while_a_dvc_works_here(working_dvc):
    Path("data.txt").write_text("mine")
    put_away()
    detach()
    git("update-ref", "refs/exps/stash", "HEAD")
    Path(".git/index.lock").touch()
    put_right()
    assert Path(".git/index.lock").exists()
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert git("stash", "list") != ""
    assert git("for-each-ref", "refs/exps/stash") != ""
    assert Path(EXPERIMENTS, "tmpab12").is_dir()


def test_a_project_without_experiments_is_left_alone(project):
    Path(EXPERIMENTS).rmdir()
    detach()
    put_right()
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_an_experiment_goes_on_where_head_alone_was_left(project):
    Path("data.txt").write_text("mine")
    detach()
    begin_experiment()
    # HEAD is put back at the end of the run, and not under it
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert Path("data.txt").read_text() == "mine"


def test_an_experiment_does_not_run_without_the_users_changes(project):
    Path("data.txt").write_text("mine")
    put_away()
    with pytest.raises(UserError, match="run the same command again"):
        begin_experiment()


def test_an_experiment_does_not_run_beside_another(project):
    detach()
    git("commit", "--quiet", "--allow-empty", "-m", "dvc: commit experiment 123")
    with pytest.raises(UserError, match="run the same command again"):
        begin_experiment()


def test_a_queued_experiment_whose_worker_was_killed_counts_as_failed(project, capsys):
    Path(".dvc/config").touch()
    from dvc.repo import Repo
    from dvc.repo.experiments.queue.base import QueueEntry
    from dvc.repo.experiments.queue.tasks import run_exp

    with Repo() as repo:
        queue = repo.experiments.celery_queue
        head = git("rev-parse", "HEAD")
        here = str(project)
        entry = QueueEntry(here, here, "refs/exps/celery/stash", head, head, None, "late", head)
        queue.celery.signature(run_exp.s(entry.asdict())).delay()
        broker = EXPERIMENTS / "celery/broker"
        (message,) = Path(broker, "in").glob("*.msg")
        Path(broker, "processed").mkdir(exist_ok=True)
        # what a worker does first
        message.rename(broker / "processed" / message.name)
        assert [entry.name for entry in queue.iter_active()] == ["late"]
        put_right()
        assert list(queue.iter_active()) == []
    assert "late was killed: it counts as failed" in capsys.readouterr().err
    assert not killed_experiments._running_tasks()


KILLED = """
stages:
  train:
    cmd: cp data.txt made.txt; test -e again || { touch again; kill -9 $PPID; }
    params: [rate]
    deps: [data.txt]
    outs: [made.txt]
"""


@pytest.mark.slow
def test_the_same_dvc_exp_run_goes_on_after_a_kill(project):
    dvc = [sys.executable, "-m", "dvc"]
    shutil.copytree(ROOT / "workflow/hydra_plugins", "workflow/hydra_plugins")
    shutil.copy(ROOT / ".dvc/config", ".dvc/config")
    Path(".gitignore").write_text("/.dvc/tmp\n/.dvc/cache\n")
    Path("conf").mkdir()
    Path("conf/config.yaml").write_text("rate: 1\n")
    Path("dvc.yaml").write_text(KILLED)
    git("add", "--all")
    git("commit", "--quiet", "-m", "stages")
    Path("data.txt").write_text("mine")
    command = [*dvc, "exp", "run", "-S", "rate=2"]
    assert subprocess.run(command, capture_output=True).returncode < 0
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    subprocess.run(command, check=True, capture_output=True)
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert Path("made.txt").read_text() == "mine"
