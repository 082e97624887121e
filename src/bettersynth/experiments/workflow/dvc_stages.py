"""The stages of `dvc.yaml` as Snakemake needs them: names, files, resources, and which of them DVC
finds out of date.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.needs import Needs, stage_needs
from bettersynth.experiments.workflow.whole_records import (
    believe_no_cached_file,
    set_aside_if_cut,
)
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import file_or_folder_is_there, is_there

if TYPE_CHECKING:
    from dvc.dependency.param import ParamsDependency
    from dvc.repo import Repo

# In the place of one DVC takes a folder for nothing, or ends in a traceback; it waits for a pipe.
READ_BY_DVC = (
    "dvc.yaml", "dvc.lock", "params.yaml", ".dvc/config", ".dvc/config.local", ".dvcignore",
    ".gitignore",
)  # fmt: skip
START = "`git init && git add -A && git commit -m start`"


@dataclass(frozen=True)
class Stage:
    """One stage: its name as DVC addresses it (`pool`, `pretrain@0`, `predict@0-mmbench`), what it
    reads of other stages (code and conf are DVC's to watch), and which outputs are folders.

    `stale`: DVC finds it, or a stage that it reads from, changed since `dvc.lock` was written.
    """

    name: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    folders: frozenset[str]
    stale: bool
    needs: Needs

    @property
    def rule_name(self) -> str:
        """The name as a Snakemake rule may have it."""
        return self.name.replace("@", "_").replace("-", "_")


def checked_stages() -> list[Stage]:
    """Return the stages of this folder; where one has to run, all settings are valid.

    Raises:
        UserError: as `load_stages`, or the first wrong setting.
    """
    # Imported only where there is work: it costs half of what a run with nothing to do takes.
    try:
        stages = load_stages()
    except UserError:
        # Of `seeds` dvc.yaml makes its stages: DVC's own words for a wrong list say less.
        from bettersynth.experiments.workflow.settings_check import require_valid_settings

        require_valid_settings(load_params())
        raise
    if any(stage.stale for stage in stages):
        from bettersynth.experiments.workflow.settings_check import require_valid_settings

        require_valid_settings(load_params())
    return stages


def recorded_names(stages: Iterable[Stage]) -> list[str]:
    """Return the names of those stages that `dvc.lock` has a record of: the others never ran."""
    lock = Path("dvc.lock")
    # as DVC writes it: a line of its own, indented by two spaces
    text = lock.read_text(encoding="utf-8") if is_there(lock) else ""
    return [stage.name for stage in stages if f"\n  {stage.name}:\n" in text]


def load_stages(root: str | Path = ".") -> list[Stage]:
    """Return every stage, those that others read from first.

    Which stages are stale is DVC's word (`dvc status`) and nothing else's: file times say nothing
    after `dvc exp apply`, `dvc checkout` or `git switch`. A stage that reads from a stale one is
    stale.

    Raises:
        UserError: no git repository or one without a commit, or a `dvc.yaml` or `params.yaml` that
            DVC cannot read (its own reason is kept), or something else than a file in the place of
            one.
    """
    root = Path(root).resolve()
    for name in READ_BY_DVC:
        is_there(_shown(root / name))
    try:
        return _load_stages(root)
    except Exception:
        # of half a dvc.lock DVC makes errors of many kinds
        if not set_aside_if_cut(root / "dvc.lock"):
            raise
        return _load_stages(root)


def _load_stages(root: Path) -> list[Stage]:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from scmrepo.exceptions import SCMError

    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise UserError(
            f"{root} is not a git repository; DVC records results in git: run {START} here first"
        )
    believe_no_cached_file()
    try:
        repo = Repo(str(root))
        repo.scm.get_rev()
        return _read_stages(repo, root)
    except SCMError:
        raise UserError(
            f"{root}: git has no commit to record results beside; run {START} first"
        ) from None
    except DvcException as error:
        reason = " ".join(str(error).split())
        # a setting that dvc.yaml names and params.yaml lacks
        if "Could not find '" in reason:
            reason += (
                "; params.yaml is of an older version or was edited: compose it anew: "
                "`bettersynth compose`, with your settings behind it"
            )
        raise UserError(reason) from None


def _read_stages(repo: Repo, root: Path) -> list[Stage]:
    stages: list[Stage] = []
    # a stage's outputs: the stage
    made_by: dict[str, Any] = {}
    stale: set[str] = set()
    looked_up = LookedUp()
    params = load_params(root / "params.yaml")
    with repo:
        order = _in_order(repo)
        for stage in order:
            made_by |= {_relative(out.fs_path, root): stage for out in stage.outs}
        for stage in order:
            inputs = _inputs(stage, made_by, root)
            before = {made_by[path].addressing for path in inputs}
            # a stage behind a stale one will read other files: DVC itself says so only when it gets
            # there
            if before & stale or _changed(stage, looked_up):
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
                    needs=stage_needs(stage.meta, params),
                )
            )
    return stages


def _in_order(repo: Repo) -> list[Any]:
    """Return DVC's stages, those that others read from first."""
    import networkx

    # An arrow of DVC's graph runs from the stage that reads to the one that writes.
    graph = repo.index.graph
    order = networkx.lexicographical_topological_sort(graph, key=lambda stage: stage.addressing)
    return list(reversed(list(order)))


def _inputs(stage: Any, made_by: dict[str, Any], root: Path) -> tuple[str, ...]:
    """Return the outputs of other stages that this one reads, each once."""
    from dvc.dependency.param import ParamsDependency

    inputs: dict[str, None] = {}
    for dependency in stage.deps:
        if not isinstance(dependency, ParamsDependency):
            path = _relative(dependency.fs_path, root)
            inputs |= dict.fromkeys(_outputs_at(path, made_by))
    return tuple(inputs)


@dataclass
class LookedUp:
    """What one pass over the stages knows already; many of them name the same files."""

    # what params.yaml holds, by its path
    values: dict[str, Any] = field(default_factory=dict)
    # whether a dependency changed, by its path and the hash in dvc.lock
    changed: dict[tuple[str, str], bool] = field(default_factory=dict)
    # paths at which a file or folder lies, or nothing
    regular: set[str] = field(default_factory=set)


def _changed(stage: Any, looked_up: LookedUp) -> bool:
    """As `dvc status`, without its lock: a stage that another DVC command is running now counts as
    changed, and waits for it.
    """
    from dvc.dependency.param import ParamsDependency

    _require_files(stage, looked_up)
    if stage.changed_stage():
        return True
    for file in stage.deps:
        if isinstance(file, ParamsDependency):
            changed = _params_changed(file, looked_up)
        else:
            changed = _file_changed(file, looked_up)
        if changed:
            return True
    return any(out.status() for out in stage.outs)


def _require_files(stage: Any, looked_up: LookedUp) -> None:
    """Pass if what a stage reads and writes are files and folders, or not there.

    Raises:
        UserError: one is a pipe, say, of which DVC would wait for the end.
    """
    for file in [*stage.deps, *stage.outs]:
        if file.fs_path not in looked_up.regular:
            file_or_folder_is_there(_shown(file.fs_path))
            looked_up.regular.add(file.fs_path)


def _file_changed(file: Any, looked_up: LookedUp) -> bool:
    """As the dependency's `status()`, asked once a file, not once a stage that names it."""
    known = (file.fs_path, str(file.hash_info))
    if known not in looked_up.changed:
        looked_up.changed[known] = bool(file.status())
    return looked_up.changed[known]


def _params_changed(params: ParamsDependency, looked_up: LookedUp) -> bool:
    """As its `status()`, with params.yaml read once (kept in `looked_up`), not once a stage,
    which took half the time of a run with nothing to do.
    """
    from dvc.utils.serialize import load_path

    recorded = params.hash_info.value
    if not (isinstance(recorded, dict) and params.params and params.exists):
        return bool(params.status())
    if params.fs_path not in looked_up.values:
        looked_up.values[params.fs_path] = load_path(params.fs_path, params.repo.fs)
    values = looked_up.values[params.fs_path]
    try:
        return any(_value_at(values, name) != recorded[name] for name in params.params)
    except (KeyError, TypeError):
        # one that params.yaml or dvc.lock lacks
        return True


def _value_at(values: Any, name: str) -> Any:
    for part in name.split("."):
        values = values[part]
    return values


def _relative(path: str, root: Path) -> str:
    full = Path(path)
    return str(full.relative_to(root)) if full.is_relative_to(root) else str(full)


def _shown(path: str | Path) -> str:
    """Return a path as seen from the current folder, which is what messages name."""
    return os.path.relpath(path)


def _outputs_at(path: str, outputs: dict[str, Any]) -> list[str]:
    """Return the outputs of stages that are `path`, lie in it or hold it."""
    overlapping = []
    for output in outputs:
        is_inside = output.startswith(f"{path}/")
        holds_it = path.startswith(f"{output}/")
        if output == path or is_inside or holds_it:
            overlapping.append(output)
    return sorted(overlapping)
