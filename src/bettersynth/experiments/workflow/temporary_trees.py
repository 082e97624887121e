"""The copies of the tree that `dvc exp run --temp` works in begin at once.

DVC itself packs the whole history and writes it into each copy, eight seconds of ours. Here a copy
reads it where it lies, as `git clone --shared` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.tables.score import SCORE

BEGINS_WITH = "BETTERSYNTH_BEGINS_WITH"
"""A dvc.lock that a copy begins with, in the environment of `dvc exp run`: of the stages in it DVC
looks whether they changed; without one it brings back each by its run cache."""
FILE = "file://"
ALTERNATES = Path(".git/objects/info/alternates")


def begin_trees_at_once() -> None:
    """Let DVC in this process make copies of the tree that share the history."""
    from dvc.repo.experiments import utils
    from dvc.repo.experiments.executor.local import TempDirExecutor

    if utils.push_refspec.__module__ != __name__:
        utils.push_refspec = _shared_where_empty(utils.push_refspec)
        TempDirExecutor.init_git = _then_with_lock(TempDirExecutor.init_git)


def _shared_where_empty(push: Callable[..., None]) -> Callable[..., None]:
    """Return DVC's `push_refspec`, but that an empty repository refers to what would be pushed."""

    def push_or_share(scm: Any, url: str, refs: Sequence[tuple[str, str]], **options: Any) -> None:
        tree = Path(url.removeprefix(FILE))
        if url.startswith(FILE) and _is_empty_repository(tree):
            _share_history(scm, tree, refs)
        else:
            push(scm, url, refs, **options)

    return push_or_share


def _is_empty_repository(tree: Path) -> bool:
    objects = tree / ".git/objects"
    return objects.is_dir() and not any(objects.glob("[0-9a-f][0-9a-f]"))


def _share_history(scm: Any, tree: Path, refs: Sequence[tuple[str, str]]) -> None:
    from dulwich.repo import Repo

    alternates = tree / ALTERNATES
    alternates.parent.mkdir(exist_ok=True)
    objects = os.path.abspath(scm.dulwich.repo.object_store.path)
    alternates.write_text(f"{objects}\n", encoding="utf-8")
    with Repo(str(tree)) as copy:
        for ours, theirs in refs:
            copy.refs[theirs.encode()] = scm.get_ref(ours).encode()


def _then_with_lock(init_git: Callable[..., None]) -> Callable[..., None]:
    """Return DVC's `init_git` of a copy, that then puts the lock of the environment there and takes
    the project's score away.

    Not before: a dvc.lock of the project's own is among the changes that `init_git` brings.
    """

    def init_git_and_lock(executor: Any, *arguments: Any, **options: Any) -> None:
        init_git(executor, *arguments, **options)
        lock = os.environ.get(BEGINS_WITH)
        if lock:
            shutil.copyfile(lock, Path(executor.root_dir, "dvc.lock"))
            # git has the project's own, and a lock to begin with has no record of scores: an
            # experiment that makes none is not to be listed with another's
            Path(executor.root_dir, SCORE).unlink(missing_ok=True)

    return init_git_and_lock
