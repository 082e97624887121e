"""A copy of the tree has the history without a copy of it, and the lock it is to begin with."""

import subprocess

import dvc.api
import pytest
from dulwich.repo import Repo
from dvc.repo import Repo as DvcRepo
from dvc.repo.experiments import utils
from dvc.repo.experiments.executor.local import TempDirExecutor
from dvc.scm import SCM

from bettersynth.experiments.workflow.temporary_trees import BEGINS_WITH, begin_trees_at_once

THEIRS = "refs/exps/exec/EXEC_HEAD"


def git(folder, *words):
    identity = ("-c", "user.name=n", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(utils, "push_refspec", utils.push_refspec)
    monkeypatch.setattr(TempDirExecutor, "init_git", TempDirExecutor.init_git)
    monkeypatch.delenv(BEGINS_WITH, raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "recipe.yaml").write_text("similarity: 0.2\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "recipe")
    begin_trees_at_once()
    return folder


def opened(project):
    if not (project / ".dvc").exists():
        return DvcRepo.init(str(project))
    return DvcRepo(str(project))


def pushed(project, tree):
    scm = SCM(str(project))
    utils.push_refspec(scm, f"file://{tree}", [("HEAD", THEIRS)])
    scm.close()


def objects_of(tree):
    return list((tree / ".git/objects").glob("[0-9a-f][0-9a-f]/*"))


def test_a_new_tree_reads_the_history_where_it_lies(project, tmp_path):
    tree = tmp_path / "tree"
    Repo.init(str(tree), mkdir=True).close()
    pushed(project, tree)
    assert git(tree, "rev-parse", THEIRS) == git(project, "rev-parse", "HEAD")
    assert git(tree, "show", f"{THEIRS}:recipe.yaml") == "similarity: 0.2"
    assert objects_of(tree) == []
    assert not (tree / "dvc.lock").exists()


@pytest.mark.parametrize("dvc_lock", ["no_lock", "staged", "changed"])
def test_an_experiment_begins_with_the_lock_of_the_environment(
    project, tmp_path, monkeypatch, dvc_lock
):
    # the stage copies what it finds, so that its output tells
    stage = "stages: {one: {cmd: cp dvc.lock seen.lock, params: [size], outs: [seen.lock]}}\n"
    (project / "dvc.yaml").write_text(stage)
    (project / "params.yaml").write_text("size: 1\n")
    (project / "results").mkdir()
    (project / "results/score.json").write_text("{}\n")
    of_project = project / "dvc.lock"
    if dvc_lock == "changed":
        of_project.write_text("schema: '2.0'\nstages: {}\n")
    with opened(project) as repo:
        git(project, "add", ".")
        git(project, "commit", "--quiet", "-m", "stage")
        if dvc_lock != "no_lock":
            of_project.write_text("schema: '2.0'\n\nstages: {}\n")
            git(project, "add", "dvc.lock")
        begun = tmp_path / "begun.lock"
        begun.write_text("schema: '2.0'\n# begun\nstages: {}\n")
        monkeypatch.setenv(BEGINS_WITH, str(begun))
        monkeypatch.chdir(project)
        repo.experiments.run(params=["size=2"], tmp_dir=True, name="second")
    refs = git(project, "for-each-ref", "--format=%(objectname) %(refname)", "refs/exps")
    [made] = [line.split()[0] for line in refs.splitlines() if line.endswith("/second")]
    assert "seen.lock" in git(project, "show", f"{made}:dvc.lock")
    assert "# begun" in dvc.api.read("seen.lock", repo=str(project), rev=made)
    # which makes no scores, so that it has none
    assert git(project, "ls-tree", "-r", "--name-only", made, "results") == ""
    assert (project / "results/score.json").exists()
    if dvc_lock != "no_lock":
        assert of_project.read_text() == "schema: '2.0'\n\nstages: {}\n"


def test_a_repository_with_commits_of_its_own_is_pushed_to(project, tmp_path):
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(project), str(other))
    (project / "recipe.yaml").write_text("similarity: 0.3\n")
    git(project, "commit", "--quiet", "-am", "more")
    before = len(objects_of(other))
    pushed(project, other)
    assert git(other, "show", f"{THEIRS}:recipe.yaml") == "similarity: 0.3"
    assert not (other / ".git/objects/info/alternates").exists()
    assert len(objects_of(other)) > before or list((other / ".git/objects/pack").glob("*.pack"))
