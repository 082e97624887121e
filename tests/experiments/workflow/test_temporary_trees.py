"""A copy of the tree has the history without a copy of it, and the lock it is to begin with."""

import subprocess

import pytest
from dulwich.repo import Repo
from dvc.repo.experiments import utils
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
    monkeypatch.delenv(BEGINS_WITH, raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "recipe.yaml").write_text("similarity: 0.2\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "recipe")
    begin_trees_at_once()
    return folder


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


def test_it_begins_with_the_lock_of_the_environment(project, tmp_path, monkeypatch):
    lock = tmp_path / "begun.lock"
    lock.write_text("schema: '2.0'\n")
    monkeypatch.setenv(BEGINS_WITH, str(lock))
    tree = tmp_path / "tree"
    Repo.init(str(tree), mkdir=True).close()
    pushed(project, tree)
    assert (tree / "dvc.lock").read_text() == "schema: '2.0'\n"


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
