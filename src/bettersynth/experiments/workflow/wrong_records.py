"""Removing what DVC recorded of a stage with settings that the stage did not use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.experiments.workflow.stage_inputs import first_difference
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there

LOCK = Path("dvc.lock")


def forget_if_wrong(stage: str, settings: Mapping[str, Any]) -> str:
    """Return how the settings that dvc.lock has of `stage` differ from `settings`, "" if not.

    Where they do, the stage is removed from dvc.lock, and what DVC's run cache maps from those
    settings to these outputs.

    Raises:
        UserError: dvc.lock, or a file of the run cache, is no regular file or cannot be read.
    """
    if not is_there(LOCK):
        return ""
    entry = (load_params(LOCK).get("stages") or {}).get(stage)
    if entry is None:
        return ""
    recorded = (entry.get("params") or {}).get("params.yaml") or {}
    # dvc.lock has a flat mapping of dotted names
    difference = ""
    for name, used in settings.items():
        difference = difference or first_difference({name: used}, _nested(name, recorded))
    if difference:
        _forget(stage, entry)
    return difference


def _nested(name: str, recorded: Mapping[str, Any]) -> Any:
    """Return the recorded value of a dotted name as params.yaml nests it."""
    value = recorded.get(name)
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def _forget(stage: str, entry: Mapping[str, Any]) -> None:
    from dvc.repo import Repo

    # DVC itself holds no lock while a step runs
    with Repo(_wait_for_lock=True) as repo, repo.lock:
        _remove_from_lock(repo, stage)
        _remove_from_run_cache(Path(repo.stage_cache.cache_dir), entry)


def _remove_from_lock(repo: Any, stage: str) -> None:
    from dvc.dvcfile import load_file

    entry = repo.stage.load_one("dvc.yaml", stage)
    # DVC has no public way to forget one stage
    load_file(repo, "dvc.yaml")._lockfile.remove_stage(entry)


def _remove_from_run_cache(folder: Path, entry: Mapping[str, Any]) -> None:
    """Remove the entries that map the recorded settings to these outputs."""
    for file in folder.glob("*/*/*"):
        cached = load_params(file)
        same = all(cached.get(part) == entry.get(part) for part in ("cmd", "params"))
        if same and _hashes(cached) == _hashes(entry):
            file.unlink(missing_ok=True)


def _hashes(entry: Mapping[str, Any]) -> dict[str, str]:
    return {out["path"]: out.get("md5", "") for out in entry.get("outs", [])}
