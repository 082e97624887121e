"""What a killed `dvc exp run` or queue worker left in git and in DVC's queue is put right.

DVC works with git's HEAD detached, keeps the user's changes in git's stash for a second, and puts
all of it back at its end. Its next run would take the project as it finds it: without those
changes, beside an experiment that is no commit of the user's, or for an older command once more.
"""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import sys
from pathlib import Path

from bettersynth.data.files.leftovers import remove_leftovers
from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.git import git_succeeds, git_text
from bettersynth.experiments.workflow.place import path_in_repository
from bettersynth.experiments.workflow.planned_run import is_dvc

EXPERIMENTS = Path(".dvc/tmp/exps")
# a file that is being copied there ends in .tmp until it is whole
CACHE = Path(".dvc/cache/files/md5")
COPIES = ("tmp*", "standalone/tmp*")
# what a worker took from the queue, and how it ended
TAKEN = EXPERIMENTS / "celery/broker/processed"
ENDED = EXPERIMENTS / "celery/result"
TASK = re.compile(r'"task": "dvc\.repo\.experiments\.queue\.tasks\.run_exp", "id": "([^"]+)"')
LOCK_LISTS = (EXPERIMENTS / "rwlock", Path(".dvc/tmp/rwlock"))
GIT_LOCKS = ("index.lock", "HEAD.lock")
# none of these outlives the DVC that made it; EXEC_HEAD stays in any case
REFS = (
    "refs/exps/exec/EXEC_BASELINE",
    "refs/exps/exec/EXEC_BRANCH",
    "refs/exps/exec/EXEC_MERGE",
    "refs/exps/stash",
    "refs/exps/temp",
)
DETACHED = re.compile(r"checkout: moving from (.+) to [0-9a-f]{40}")
# other lines that DVC adds to git's log of HEAD, between detaching it and putting it back
DVCS_OWN = re.compile(
    r"commit: dvc: commit experiment|dvc: Restore HEAD to '[0-9a-f]{40}'|reset: moving to HEAD"
)
PARAMS = "params.yaml"
WRITTEN_ANEW = (PARAMS, "dvc.lock")
# runs whose settings stand in the folder's params.yaml for a second, and then in a copy of the tree
IN_A_COPY = ("--temp", "--queue")
# the file that says so while such a run works, and its process
COMPOSING = "composing-"
HASH = re.compile(r"[0-9a-f]{40}")
MOST_ENTRIES = "100"
PUT_AWAY = "an experiment was killed while DVC had put your changes away"
AGAIN = "an experiment was killed at a bad moment; it is put right now: run the same command again"


def put_right() -> None:
    """Put HEAD, the user's changes, git's locks, the queue and the folder of experiments right,
    with a line for each. Nothing happens while a DVC or git works here.
    """
    _remove_git_locks()
    clear_remains()
    put_back_head_and_changes()


@functools.cache
def begin_experiment() -> None:
    """Put right in a `dvc exp run` itself what it can go on beside, the rest when it ends.

    It composes conf/ after it has noted where HEAD is, and put the user's changes away.

    Raises:
        UserError: it would run without the user's changes, or beside no commit of the user's.
    """
    clear_remains()
    _note_composing()
    # after DVC has put back HEAD as it found it
    atexit.register(put_back_head_and_changes)
    branch = branch_left()
    elsewhere = branch and _commit_of("HEAD") != _commit_of(f"refs/heads/{branch}")
    if elsewhere or any(map(is_missing, changes_put_away())):
        raise UserError(AGAIN)


def _note_composing() -> None:
    """Note that params.yaml is not the user's while this process composes it for a copy."""
    if set(IN_A_COPY) & set(sys.argv):
        mark = EXPERIMENTS.resolve() / f"{COMPOSING}{os.getpid()}"
        mark.touch()
        atexit.register(mark.unlink, missing_ok=True)


def clear_remains() -> None:
    """Remove what a killed DVC left that the next one would take for its own, or never look at."""
    refs = git_text("for-each-ref", "--format=%(refname)", *REFS).split()
    copies: list[Path] = []
    for pattern in COPIES:
        copies += EXPERIMENTS.glob(pattern)
    tasks = _running_tasks()
    cut = list(CACHE.glob("*/.*.tmp"))
    if (refs or copies or tasks or cut) and not _others_work_here():
        for ref in refs:
            git_text("update-ref", "--no-deref", "-d", ref)
        if tasks:
            _fail_running_tasks()
        for copy in copies:
            shutil.rmtree(copy, ignore_errors=True)
        for file in cut:
            file.unlink(missing_ok=True)
    # DVC reads them at its first stage, after it has composed the settings
    _remove_cut_lock_lists()
    # .dvc.lock.HOST-PROCESS-..., of a DVC that was killed while it wrote
    remove_leftovers(Path.cwd())


def put_back_head_and_changes() -> None:
    """Put HEAD on its branch again, and the changes back into the folder."""
    if not EXPERIMENTS.is_dir():
        return
    branch = branch_left()
    marks = list(EXPERIMENTS.glob(f"{COMPOSING}*"))
    if not (branch or marks or changes_put_away()) or _others_work_here():
        return
    if branch:
        git_text("symbolic-ref", "-m", f"back to {branch}", "HEAD", f"refs/heads/{branch}")
        # as DVC does: what it had added to the index is added no longer, the files stay
        git_text("reset", "--quiet")
        _say(f"an experiment was killed: git is on {branch} again")
        if marks:
            _put_back_params()
    for mark in marks:
        mark.unlink(missing_ok=True)
    left = 0
    # the numbers of git's stashes move with each that goes
    while len(stashes := changes_put_away()) > left:
        left += not _is_put_back(stashes[left])


def _put_back_params() -> None:
    """Put params.yaml back as it was before a killed DVC composed it for a copy of the tree."""
    # a stash holds the whole folder, params.yaml too where the user had changed it
    before = (changes_put_away() or ["HEAD"])[0]
    if git_succeeds("diff", "--quiet", before, "--", PARAMS):
        return
    if git_succeeds("restore", f"--source={before}", "--worktree", "--", PARAMS):
        _say(f"{PARAMS} is yours again: it held the settings of that experiment")


def branch_left() -> str:
    """Return the branch that a killed DVC took HEAD from; "" if HEAD is where the user put it."""
    if git_text("symbolic-ref", "--quiet", "HEAD"):
        return ""
    log = git_text("log", "--walk-reflogs", "-n", MOST_ENTRIES, "--format=%H %gs", "HEAD", "--")
    for line in log.splitlines():
        commit, _, what = line.partition(" ")
        detached = DETACHED.fullmatch(what)
        if detached and not HASH.fullmatch(detached[1]):
            branch = detached[1]
            return branch if _commit_of(f"refs/heads/{branch}") == commit else ""
        if not detached and not DVCS_OWN.match(what):
            # a commit, say, which only HEAD has
            return ""
    return ""


def changes_put_away() -> list[str]:
    """Return the names of git's stashes that DVC made beside the present commit, the newest first.

    The library that DVC does it with ends their message with a line break, which git does not.
    """
    stashes = []
    head = _commit_of("HEAD")
    for line in git_text("stash", "list", "--format=%gd %P").splitlines():
        name, beside, *_ = line.split()
        if beside == head and git_text("cat-file", "commit", name).endswith("\n"):
            stashes.append(name)
    return stashes


def is_missing(stash: str) -> bool:
    """Whether the folder's files are as they were before the changes of a stash."""
    return not _folder_has(stash, stash) and _folder_has("HEAD", stash)


def _folder_has(commit: str, stash: str) -> bool:
    """Whether the folder has the files that a stash changed as they are in a commit.

    What DVC itself writes anew, with each run, is not looked at.
    """
    changed = set(git_text("diff", "--name-only", "-z", f"{stash}^", stash).split("\0"))
    changed -= {"", *map(path_in_repository, WRITTEN_ANEW)}
    files = [f":(top,literal){name}" for name in sorted(changed)]
    return not files or git_succeeds("diff", "--quiet", commit, "--", *files)


def _is_put_back(stash: str) -> bool:
    """Put the changes of a stash back and drop it, unless the folder has others."""
    if _folder_has(stash, stash):
        return git_succeeds("stash", "drop", "--quiet", stash)
    if git_succeeds("stash", "pop", "--quiet", stash):
        _say(f"{PUT_AWAY}: they are back")
        return True
    _say(
        f"{PUT_AWAY}, and the folder has others now: `git stash show -p {stash}` shows them, "
        f"`git stash drop {stash}` ends this line"
    )
    return False


def _remove_git_locks() -> None:
    """Remove what keeps git from writing, and DVC from beginning or from recording a stage."""
    name = git_text("rev-parse", "--git-dir").strip()
    if not name:
        return
    folder = Path(name)
    locks = [folder / lock for lock in GIT_LOCKS if (folder / lock).exists()]
    if locks and not _others_work_here():
        for lock in locks:
            lock.unlink(missing_ok=True)
            _say(f"removed {lock}, which a killed process left")


def _remove_cut_lock_lists() -> None:
    """Remove DVC's lists of who reads and writes what, where a kill left a part of one.

    Without a list nothing is locked; with a part of one no DVC begins.
    """
    cut = [place for place in LOCK_LISTS if place.is_file() and not _is_json(place)]
    if cut and not _others_work_here():
        for place in cut:
            place.unlink(missing_ok=True)
            _say(f"removed {place}, which a killed DVC left cut short")


def _is_json(place: Path) -> bool:
    try:
        read_json(place)
    except UserError:
        return False
    return True


def _others_work_here() -> bool:
    """Whether a DVC or git works in this folder or below, not this process or a parent of it."""
    import psutil

    here = Path.cwd()
    this = psutil.Process()
    own = {this.pid, *(parent.pid for parent in this.parents())}
    for process in psutil.process_iter():
        try:
            inside = process.pid not in own and Path(process.cwd()).is_relative_to(here)
            if inside and (is_dvc(process) or process.name() == "git"):
                return True
        except (psutil.Error, OSError):
            # it has ended, or is another user's
            continue
    return False


def _running_tasks() -> list[str]:
    """Return the ids of the tasks that the queue calls running."""
    tasks = []
    for message in TAKEN.glob("*.celery.msg"):
        task = TASK.search(message.read_text(encoding="utf-8", errors="replace"))
        if task and not Path(ENDED, f"celery-task-meta-{task[1]}").is_file():
            tasks.append(task[1])
    return tasks


def _fail_running_tasks() -> None:
    """Mark experiments that a killed worker had begun as failed, as `dvc queue kill` does."""
    # half a second
    from dvc.repo import Repo

    with Repo() as repo:
        queue = repo.experiments.celery_queue
        for task in list(queue._iter_active_tasks()):
            queue.celery.backend.mark_as_failure(task.async_result.id, None)
            waiting = queue.stash.stash_revs.get(task.entry.stash_rev)
            # a worker takes it off the list when it has made the copy
            if waiting is not None:
                queue.stash.remove_revs([waiting])
            name = task.entry.name or task.entry.stash_rev[:7]
            _say(f"the queued experiment {name} was killed: it counts as failed, queue it again")


def _say(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)


def _commit_of(name: str) -> str:
    return git_text("rev-parse", "--quiet", "--verify", name).strip()
