"""The stages of `dvc.yaml` as Snakemake needs them: names, files, resources, and which of them DVC finds out of date."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.settings.reading import load_params

if TYPE_CHECKING:
    from dvc.dependency.param import ParamsDependency
    from dvc.repo import Repo


@dataclass(frozen=True)
class Stage:
    name: str  # as DVC addresses it: `pool`, `pretrain@0`, `predict@0-mmbench`
    command: str
    inputs: tuple[str, ...]  # outputs of other stages; code and conf are DVC's to watch
    outputs: tuple[str, ...]
    folders: frozenset[str]  # the outputs that are folders
    stale: bool  # DVC finds it or a stage that it reads from changed since `dvc.lock` was written
    threads: int
    mem_mb: int
    gpu: int

    @property
    def rule_name(self) -> str:
        return self.name.replace("@", "_").replace("-", "_")


def load_stages(root: str | Path = ".") -> list[Stage]:
    """Return every stage, those that others read from first.

    Which stages are stale is DVC's word (`dvc status`) and nothing else's: file times say nothing after `dvc exp apply`,
    `dvc checkout` or `git switch`. A stage that reads from a stale one is stale.

    Raises:
        UserError: no git repository or one without a commit, or a `dvc.yaml` or `params.yaml` that DVC cannot read (its own reason is kept).
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from scmrepo.exceptions import SCMError

    root = Path(root).resolve()
    start = "`git init && git add -A && git commit -m start`"
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise UserError(
            f"{root} is not a git repository; DVC records results in git: run {start} here first"
        )
    try:
        repo = Repo(str(root))
        repo.scm.get_rev()
        return _read_stages(repo, root)
    except SCMError:
        raise UserError(
            f"{root}: git has no commit to record results beside; run {start} first"
        ) from None
    except DvcException as error:
        raise UserError(" ".join(str(error).split())) from None


def _read_stages(repo: Repo, root: Path) -> list[Stage]:
    import networkx
    from dvc.dependency.param import ParamsDependency

    with repo:
        graph = repo.index.graph
        order = [
            stage
            for stage in reversed(
                list(networkx.lexicographical_topological_sort(graph, key=lambda s: s.addressing))
            )
        ]
        meta = {stage.addressing: _meta(stage) for stage in order}
        outs = {_relative(out.fs_path, root): stage for stage in order for out in stage.outs}
        stale: set[str] = set()
        read: dict[str, Any] = {}
        stages = []
        for stage in order:
            paths = [
                _relative(d.fs_path, root)
                for d in stage.deps
                if not isinstance(d, ParamsDependency)
            ]
            inputs = tuple(
                dict.fromkeys(file for path in paths for file in _outputs_at(path, outs))
            )
            before = {outs[file].addressing for file in inputs}
            if before & stale or _changed(stage, read):
                stale.add(stage.addressing)
            outputs = tuple(_relative(out.fs_path, root) for out in stage.outs)
            stages.append(
                Stage(
                    name=stage.addressing,
                    command=stage.cmd,
                    inputs=inputs,
                    outputs=outputs,
                    folders=frozenset(path for path in outputs if not Path(path).suffix),
                    stale=stage.addressing in stale,
                    threads=int(meta[stage.addressing].get("threads", 1)),
                    mem_mb=int(meta[stage.addressing].get("mem_mb", 4000)),
                    gpu=int(meta[stage.addressing].get("gpu", 0)),
                )
            )
    return stages


def _changed(stage: Any, read: dict[str, Any]) -> bool:
    """As `dvc status`, without its lock: a stage that another DVC command is running now counts as changed, and waits for it."""
    from dvc.dependency.param import ParamsDependency

    files = (*stage.deps, *stage.outs)
    return stage.changed_stage() or any(
        _params_changed(file, read) if isinstance(file, ParamsDependency) else file.status()
        for file in files
    )


def _params_changed(params: ParamsDependency, read: dict[str, Any]) -> bool:
    """As its `status()`, with params.yaml read once (kept in `read`), not once a stage, which took half the time of a run with nothing to do."""
    from dvc.utils.serialize import load_path

    recorded = params.hash_info.value
    if not (isinstance(recorded, dict) and params.params and params.exists):
        return bool(params.status())
    if params.fs_path not in read:
        read[params.fs_path] = load_path(params.fs_path, params.repo.fs)
    try:
        return any(
            _value_at(read[params.fs_path], name) != recorded[name] for name in params.params
        )
    except (KeyError, TypeError):  # one that params.yaml or dvc.lock lacks
        return True


def _value_at(values: Any, name: str) -> Any:
    for part in name.split("."):
        values = values[part]
    return values


def _meta(stage: Any) -> dict[str, Any]:
    return stage.meta or {}


def _relative(path: str, root: Path) -> str:
    found = Path(path)
    return str(found.relative_to(root)) if found.is_relative_to(root) else str(found)


def _outputs_at(path: str, outs: dict[str, Any]) -> list[str]:
    """Return the outputs of stages that are `path`, lie in it or hold it."""
    return sorted(
        out
        for out in outs
        if out == path or out.startswith(f"{path}/") or path.startswith(f"{out}/")
    )


def require_valid_settings(experiments: Sequence[str] = ()) -> None:
    """Check all settings of params.yaml, or of the experiments named (`stage_settings`), in a process that keeps nothing in memory.

    Raises:
        UserError: the first wrong one.
    """
    command = [
        sys.executable,
        "-m",
        "bettersynth.experiments.workflow.settings_check",
        *experiments,
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": "src"},
        text=True,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise UserError(
            (done.stderr.strip() or "the settings could not be checked")
            .splitlines()[-1]
            .removeprefix("error: ")
        )


def tree_digest(paths: Sequence[str]) -> str:
    """Return one sha256 over the names and bytes of `paths`, files and folders' files (without `__pycache__`)."""
    digest = hashlib.sha256()
    for path in map(Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.as_posix()}\0{sha256_of_file(file)}\n".encode())
    return digest.hexdigest()


def composition_drift(params: str | Path = "params.yaml") -> list[str]:
    """Return the sections of `params` that differ from what `conf/` composes to (an applied experiment differs legitimately)."""
    import tempfile

    from bettersynth.experiments.workflow.compose import compose

    with tempfile.TemporaryDirectory() as folder:
        compose(Path(folder) / "params.yaml")
        composed = load_params(Path(folder) / "params.yaml")
    current = load_params(params)
    return sorted(
        name for name in composed.keys() | current.keys() if composed.get(name) != current.get(name)
    )
