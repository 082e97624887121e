"""Files as they are at a commit or a DVC experiment.

`dvc.api` reads the whole pipeline again for each file, two seconds of it, and its threads sometimes
end the process with an abort. So git and DVC's cache are asked first: dvc.lock has the hash of an
output, which is its name in the cache.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.git import git_bytes
from bettersynth.experiments.workflow.place import path_in_repository
from bettersynth.experiments.workflow.whole_records import lock_in

LOCK = "dvc.lock"


def read_at_revision(revision: str, path: str) -> bytes:
    """Return a tracked file or a DVC output as it is at a commit or experiment.

    Raises:
        FileNotFoundError: it has none, or neither DVC's cache nor its remote holds it.
    """
    reference = reference_of(revision) or revision
    tracked = _tracked(reference, path)
    if tracked is not None:
        return tracked
    md5 = _md5_of(_outputs(reference), path)
    if md5 is None or md5.endswith(".dir"):
        raise FileNotFoundError(f"{revision} has no file {path}")
    cached = cached_file(md5)
    return cached.read_bytes() if cached.is_file() else _fetched(reference, path)


def reference_of(name: str) -> str | None:
    """Return what git calls a commit or DVC experiment; None if there is none of this name.

    An experiment of a folder is found by its target's name, too: `seeing/clean` for `seeing-clean`.
    """
    experiments = experiment_references()
    # an experiment first: a branch may bear the same name
    for candidate in (experiments.get(name), name, experiments.get(name.replace("/", "-"))):
        if candidate and git_bytes("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"):
            return candidate
    return None


def experiment_references() -> dict[str, str]:
    """Return the git reference of each DVC experiment by its name.

    Of several with one name it is the last in git's order.
    """
    listed = git_bytes("for-each-ref", "--format=%(refname)", "refs/exps") or b""
    of_dvc_itself = ("refs/exps/celery/", "refs/exps/exec/", "refs/exps/apply/")
    names = {}
    for ref in listed.decode().split():
        # an experiment is refs/exps/AB/REST-OF-THE-COMMIT/NAME
        if ref.count("/") == 4 and not ref.startswith(of_dvc_itself):
            names[ref.rpartition("/")[2]] = ref
    return names


def _tracked(reference: str, path: str) -> bytes | None:
    # of a folder git prints its list
    name = f"{reference}:{path_in_repository(path)}"
    if (git_bytes("cat-file", "-t", name) or b"").strip() != b"blob":
        return None
    return git_bytes("cat-file", "blob", name)


@functools.lru_cache(maxsize=8)
def _outputs_of_commit(commit: bytes) -> Mapping[str, str]:
    """Return the md5 of each output that dvc.lock of a commit names, by its path."""
    content = _tracked(commit.decode(), LOCK)
    lock = {} if content is None else lock_in(content, f"{LOCK} at {commit.decode()}")
    outputs = {}
    for stage in (lock.get("stages") or {}).values():
        for output in stage.get("outs", []):
            outputs[output["path"]] = output.get("md5", "")
    return outputs


def _outputs(reference: str) -> Mapping[str, str]:
    commit = git_bytes("rev-parse", f"{reference}^{{commit}}")
    return _outputs_of_commit(commit.strip()) if commit else {}


def _md5_of(outputs: Mapping[str, str], path: str) -> str | None:
    """Return the md5 of an output, or of a file in one that is a folder; None if none is known."""
    if path in outputs:
        return outputs[path]
    for parent in Path(path).parents:
        folder = outputs.get(str(parent), "")
        listing = cached_file(folder) if folder else None
        if listing is None or not listing.is_file():
            continue
        for name, md5 in listed_files(listing).items():
            if parent / name == Path(path):
                return md5
    return None


def listed_files(listing: Path) -> dict[str, str]:
    """Return the md5 of each file of a folder, by its path there, from the list in DVC's cache.

    Raises:
        UserError: the list is damaged.
    """
    try:
        entries = json.loads(listing.read_bytes())
        return {entry["relpath"]: str(entry["md5"]) for entry in entries}
    except (ValueError, RecursionError, TypeError, KeyError):
        raise UserError(f"{listing} in DVC's cache is damaged; fetch it again") from None


def cached_file(md5: str) -> Path:
    """Return where DVC's cache keeps what has this md5, there or not; `.dir` is a folder's list."""
    return cache_folder() / md5[:2] / md5[2:]


@functools.lru_cache(maxsize=8)
def _cache_folder_of(project: Path) -> Path:
    from dvc.repo import Repo

    with Repo(str(project)) as repo:
        return Path(repo.cache.local.path)


def cache_folder() -> Path:
    """Return where DVC keeps the outputs of this project, by their md5."""
    return _cache_folder_of(Path.cwd())


def _fetched(reference: str, path: str) -> bytes:
    """Return an output that this machine's cache lacks, from the remote.

    Raises:
        FileNotFoundError: there is none, or it has not got it.
    """
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        with dvc.api.open(path_in_repository(path), rev=reference, mode="rb") as stream:
            return bytes(stream.read())
    except DvcException as error:
        raise FileNotFoundError(str(error)) from None
