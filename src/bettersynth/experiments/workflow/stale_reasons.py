"""Which stages have to run again, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.dvc_stages import Stage, load_stages
from bettersynth.experiments.workflow.stage_inputs import PARAMS, first_difference
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there

LOCK = Path("dvc.lock")
# reasons of one stage
MOST_REASONS = 2
# DVC's word: ours
CHANGES = {"modified": "changed", "deleted": "is missing", "new": "is new"}


@dataclass(frozen=True)
class StaleStage:
    """A stage that has to run again; `reason` is "" where only the stages before it changed."""

    name: str
    reason: str


def stale_stages() -> tuple[list[Stage], list[StaleStage]]:
    """Return all stages in order, and those that have to run again.

    Raises:
        UserError: as `load_stages`, or another run holds DVC's lock.
    """
    stages = load_stages()
    stale = [stage.name for stage in stages if stage.stale]
    if not stale:
        return stages, []
    reports = _status(stale)
    lock = load_params(LOCK) if is_there(LOCK) else {}
    recorded = lock.get("stages") or {}
    params = load_params(PARAMS)
    made: set[str] = set()
    for stage in stages:
        if stage.stale:
            made.update(stage.outputs)
    found = []
    for name in stale:
        if name not in recorded:
            reason = "has not run yet"
        else:
            settings = (recorded[name].get("params") or {}).get(str(PARAMS), {})
            report = reports.get(name, [])
            reason = _few(_reasons(report, made, first_difference(settings, params)))
        found.append(StaleStage(name, reason))
    return stages, found


def _few(reasons: list[str]) -> str:
    more = len(reasons) - MOST_REASONS
    return "; ".join(reasons[:MOST_REASONS]) + (f" and {more} more" if more > 0 else "")


def _status(names: list[str]) -> Mapping[str, list[Any]]:
    from dvc.lock import LockError
    from dvc.repo import Repo

    try:
        with Repo(".") as repo:
            return repo.status(targets=names)
    except LockError:
        raise UserError("a run of DVC works here now; ask again when it has ended") from None


def _reasons(report: list[Any], made: set[str], setting: str) -> list[str]:
    """Return what DVC's report of a stage says, settings first; a change in what a stale stage
    makes says nothing of its own.
    """
    said = [setting] if setting else []
    for entry in report:
        if entry == "changed command":
            said.append("its command changed")
        if not isinstance(entry, dict):
            continue
        for path, change in (entry.get("changed deps") or {}).items():
            if path == str(PARAMS):
                said += [] if setting else [f"{', '.join(change)} changed"]
            elif not _is_made(path, made):
                said.append(f"{path} {CHANGES.get(change, change)}")
        for path, change in (entry.get("changed outs") or {}).items():
            said.append(f"its output {path} {CHANGES.get(change, change)}")
    return said


def _is_made(path: str, made: set[str]) -> bool:
    return path in made or any(output.startswith(f"{path}/") for output in made)
