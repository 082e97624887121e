"""Whether what `dvc.lock` says of some stages still holds.

It is checked three ways: a stage read what the stage before it wrote, the settings are those of
`params.yaml`, and the files still have these hashes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    PARAMS,
    WORKSPACE,
    Experiment,
    revision_of,
)
from bettersynth.experiments.history.dvc_hashes import dvc_md5, folder_md5
from bettersynth.experiments.workflow.revisions import cached_file, listed_files

Stages = Mapping[str, Any]
"""The stages of a `dvc.lock` by name."""


@dataclasses.dataclass
class Check:
    """How many hashes and settings were compared, what does not hold, what was not at hand."""

    compared: int = 0
    broken: list[str] = dataclasses.field(default_factory=list)
    unseen: list[str] = dataclasses.field(default_factory=list)

    def compare(self, holds: bool, otherwise: str) -> None:
        """Count a comparison; `otherwise` says what it means where it does not hold."""
        self.compared += 1
        if not holds and otherwise not in self.broken:
            self.broken.append(otherwise)

    def could_not_see(self, path: str) -> None:
        """Note a file or folder that is not at hand."""
        if path not in self.unseen:
            self.unseen.append(path)


def verify(experiment: Experiment, stages: Stages) -> Check:
    """Compare what `dvc.lock` says of these stages with itself, `params.yaml` and the files."""
    check = Check()
    outputs = hashes_of(stages, "outs")
    # of what no stage made; several stages read the same
    hashes_now: dict[str, str | None] = {}
    for name, stage in stages.items():
        _check_params(check, experiment, name, stage)
        for dependency in stage.get("deps", []):
            path = dependency["path"]
            made = _made_hash(path, outputs)
            if made is not None:
                otherwise = f"{name} read another {path} than the stage before wrote"
                check.compare(made == dependency.get("md5"), otherwise)
                continue
            if path not in hashes_now:
                hashes_now[path] = _hash_now(experiment, path, "")
            now = hashes_now[path]
            if now is None:
                check.could_not_see(path)
            else:
                otherwise = f"{path} has changed since {name} ran"
                check.compare(now == dependency.get("md5"), otherwise)
        for output in stage.get("outs", []):
            path = output["path"]
            now = _hash_now(experiment, path, output.get("md5", ""))
            if now is None:
                check.could_not_see(path)
            else:
                check.compare(now == output.get("md5"), f"{path} is not what {name} wrote")
    return check


def hashes_of(stages: Stages, kind: str) -> dict[str, str]:
    """Return the md5 of each of the stages' `outs` or `deps` by path, "" where DVC has none."""
    hashes = {}
    for stage in stages.values():
        for entry in stage.get(kind, []):
            hashes[entry["path"]] = entry.get("md5", "")
    return hashes


def is_inside(path: str, folder: str) -> bool:
    """Return whether a path is a folder itself or under it."""
    return path == folder or path.startswith(f"{folder}/")


def _check_params(
    check: Check, experiment: Experiment, name: str, stage: Mapping[str, Any]
) -> None:
    settings = (stage.get("params") or {}).get(PARAMS) or {}
    for key, value in settings.items():
        holds = _setting(experiment.params or {}, key) == value
        check.compare(holds, f"{name} ran with another {key} than {PARAMS} has")


def _setting(params: Mapping[str, Any], key: str) -> Any:
    value: Any = params
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _made_hash(path: str, outputs: Mapping[str, str]) -> str | None:
    """Return the hash of a dependency as the stages before wrote it.

    None for what no stage wrote, or only a part of what it did.
    """
    if path in outputs:
        return outputs[path]
    inner = {}
    for output, md5 in outputs.items():
        if is_inside(output, path):
            inner[output.removeprefix(f"{path}/")] = md5
    # a folder's hash is made of its files', which those of folders inside it hide
    if inner and not any(md5.endswith(".dir") for md5 in inner.values()):
        return folder_md5(inner)
    return None


def _hash_now(experiment: Experiment, path: str, md5: str) -> str | None:
    """Return the hash of a file or folder as it is now in the experiment.

    `md5` is what DVC's cache may hold it under, "" for what is no output. None where it is not at
    hand, or is no file of the project.
    """
    if experiment.name == WORKSPACE:
        return dvc_md5(Path(path)) if Path(path).exists() else None
    revision = revision_of(experiment.name)
    # a folder of results: what it holds, and what DVC's cache has of the rest
    if revision is None:
        content = experiment.read(path)
        if content is not None:
            return hashlib.md5(content).hexdigest()
    else:
        files = _git_files(revision, path)
        if files:
            return files[""] if "" in files else folder_md5(files)
    return _hash_of_cached(md5) if md5 else None


def _git_files(revision: str, path: str) -> dict[str, str]:
    """Return the md5 of each file of a commit at or under `path`, by its path below it.

    "" stands for `path` itself, where that is a file.
    """
    command = ["git", "archive", "--format=tar", revision, "--", path]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        return {}
    md5s = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                name = member.name.removeprefix(path).lstrip("/")
                # md5, as DVC hashes: only equality with dvc.lock is asked for
                md5s[name] = hashlib.md5(stream.read()).hexdigest()
    return md5s


def _hash_of_cached(md5: str) -> str | None:
    """Return the hash of what DVC's cache holds under `md5`, None where it is absent.

    It is the same, or another where an object was damaged.
    """
    place = cached_file(md5)
    if not place.is_file():
        return None
    if not md5.endswith(".dir"):
        return dvc_md5(place)
    try:
        listed = listed_files(place)
    except UserError:
        # its own hash no longer fits
        return dvc_md5(place)
    inner = {}
    for name, inner_md5 in listed.items():
        file = cached_file(inner_md5)
        if not file.is_file():
            return None
        inner[name] = dvc_md5(file)
    return folder_md5(inner)
