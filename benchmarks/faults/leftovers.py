"""In what a disturbed clone differs from an undisturbed one, when both have finished."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from tiny_clone import run

OUTPUTS = ("data", "models", "results", "params.yaml", "dvc.lock")
# What lies in these differs between any two runs: times, process numbers, what is remembered of a
# file as long as its time and number stay, what Snakemake alone notes
OWN = re.compile(
    r"\.git/|\.dvc/(cache|tmp)/|\.snakemake/(log|metadata|source_cache|auxiliary|iocache)/|"
    r"__pycache__|results/live/|\.cache/(model_hashes|runs)/|\.snakemake/stale/|"
    r"\.snakemake_timestamp"
)
NAMED_BY_NUMBER = re.compile(r"\d+")
TEMPORARY = re.compile(r"/\.[^/]+\.[^/]+-\d+-[a-z0-9_]{8}$|\.tmp$|/tmp[a-z0-9_]{8}")
BLOCKING = (".git/index.lock", ".git/HEAD.lock")
COPIES = (".dvc/tmp/exps/tmp*", ".dvc/tmp/exps/standalone/tmp*")
# EXEC_HEAD stays after any `dvc exp run`
PASSING_REFS = (
    "refs/exps/exec/EXEC_BASELINE",
    "refs/exps/exec/EXEC_BRANCH",
    "refs/exps/exec/EXEC_MERGE",
    "refs/exps/stash",
    "refs/exps/temp",
)


def differences(reference: Path, clone: Path) -> list[str]:
    """Return a line for each way in which a clone is not what the reference is."""
    return [
        *_other_bytes(reference, clone),
        *_other_files(reference, clone),
        *_temporary_files(clone),
        *_locks(clone),
        *_git_state(clone),
    ]


def _files(folder: Path) -> set[str]:
    names = set()
    for path in folder.rglob("*"):
        if path.is_file():
            names.add(path.relative_to(folder).as_posix())
    return names


def _other_bytes(reference: Path, clone: Path) -> Iterator[str]:
    for name in sorted(_files(reference)):
        if Path(name).parts[0] not in OUTPUTS or OWN.search(name):
            continue
        if not (clone / name).is_file():
            yield f"missing: {name}"
        elif not _same(reference / name, clone / name):
            yield f"differs: {name}"


def _same(reference: Path, clone: Path) -> bool:
    """Whether two files hold the same; of dvc.lock, the same of each stage, in whatever order."""
    if reference.name == "dvc.lock":
        # the stages stand in the order in which they first ended
        return yaml.safe_load(reference.read_bytes()) == yaml.safe_load(clone.read_bytes())
    return filecmp.cmp(reference, clone, shallow=False)


def _other_files(reference: Path, clone: Path) -> Iterator[str]:
    expected = {NAMED_BY_NUMBER.sub("0", name) for name in _files(reference)}
    for name in sorted(_files(clone)):
        if not OWN.search(name) and NAMED_BY_NUMBER.sub("0", name) not in expected:
            yield f"left over: {name}"


def _temporary_files(clone: Path) -> Iterator[str]:
    for name in sorted(_files(clone)):
        if TEMPORARY.search(f"/{name}") and ".git/" not in name:
            yield f"temporary file: {name}"


def _locks(clone: Path) -> Iterator[str]:
    for name in BLOCKING:
        if (clone / name).exists():
            yield f"left over: {name}"
    for kind in ("locks", "incomplete"):
        if any((clone / ".snakemake" / kind).glob("*")):
            yield f"left over: .snakemake/{kind}"
    for pattern in COPIES:
        for copy in clone.glob(pattern):
            yield f"left over: {copy.relative_to(clone)}"


def _git_state(clone: Path) -> Iterator[str]:
    head = (clone / ".git/HEAD").read_text().strip()
    if head != "ref: refs/heads/main":
        yield f"git is on {head[:16]}, not on main"
    listed = ["git", "for-each-ref", "--format=%(refname)", *PASSING_REFS]
    for ref in run(listed, clone).stdout.splitlines():
        yield f"left over: {ref}"
    for line in run(["git", "stash", "list"], clone).stdout.splitlines():
        yield f"left over in git stash: {line}"
    for line in run(["dvc", "queue", "status"], clone).stdout.splitlines():
        if "Running" in line:
            yield f"left over in the queue: {line}"
