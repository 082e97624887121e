"""What a stage works from stays as it was while it runs, or it fails and DVC records nothing.

DVC reads settings and dependencies again after a stage's command has ended, and writes what it
finds then beside the outputs. So a step keeps what it found at its start (`StageInputs`), works
from those settings alone, and compares when it is done.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.drift import tree_digest
from bettersynth.settings.reading import hold_params, load_params, parse_yaml
from bettersynth.settings.regular_files import file_or_folder_is_there, is_there
from bettersynth.settings.seeds import read_seeds

PARAMS = Path("params.yaml")
STEPS = "bettersynth.steps."
# DVC's own: the stage whose command this is
STAGE = "DVC_STAGE"
AGAIN = "nothing is recorded; run the same command again"
ABSENT = "absent"
# characters of a value
MOST_SHOWN = 60


def stage_item() -> str:
    """Return the part behind the @ of the stage that DVC runs in this process; "" without one.

    A step that takes it from here has no name out of params.yaml in its shell command.
    """
    return os.environ.get(STAGE, "").partition("@")[2]


def is_step() -> bool:
    """Whether this process runs a module of `bettersynth.steps`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name.startswith(STEPS)


@dataclass(frozen=True)
class StageInputs:
    """What the stage `name` works from: `params`, the bytes of params.yaml, of which DVC records
    `settings` (value by dotted name), and a mark of each dependency by its path.
    """

    name: str
    params: bytes
    settings: Mapping[str, Any]
    marks: Mapping[str, str]


def read_stage_inputs() -> StageInputs | None:
    """Return what the stage in this process works from; None where DVC runs no stage here.

    Raises:
        UserError: params.yaml, dvc.yaml or a dependency cannot be read.
    """
    name = os.environ.get(STAGE, "")
    step = name.partition("@")[0]
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if not step or spec is None or spec.name != STEPS + step or not is_there(PARAMS):
        return None
    content = hold_params(PARAMS)
    params = parse_yaml(content, str(PARAMS)) or {}
    read_seeds(params.get("seeds"))
    body, values = declared_stage(name, params)
    marks = {}
    for template in body.get("deps", []):
        path = filled(template, values, params)
        marks[path] = mark_of(path)
    return StageInputs(name, content, _recorded_settings(body, values, params), marks)


def stage_settings(stage: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that DVC records of a stage, by dotted name."""
    return _recorded_settings(*declared_stage(stage, params), params)


def _recorded_settings(
    body: Mapping[str, Any], values: Mapping[str, str], params: Mapping[str, Any]
) -> dict[str, Any]:
    settings = {}
    for template in body.get("params", []):
        key = filled(template, values, params)
        settings[key] = value_at(params, key)
    return settings


def declared_stage(
    stage: str, params: Mapping[str, Any]
) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return what dvc.yaml says of a stage, and the values of its own templates."""
    body = load_params("dvc.yaml")["stages"].get(stage.partition("@")[0], {})
    return body.get("do", body), item_values(stage, body, params)


def require_unchanged(inputs: StageInputs) -> None:
    """Pass if the stage's settings and dependencies are still what it began with.

    Raises:
        UserError: one is another, or can no longer be read; the first is named.
    """
    now = PARAMS.read_bytes() if is_there(PARAMS) else b""
    if now != inputs.params:
        difference = first_difference(inputs.settings, parse_yaml(now, str(PARAMS)) or {})
        if difference:
            raise UserError(f"params.yaml: {difference} while {inputs.name} ran; {AGAIN}")
    for path, mark in inputs.marks.items():
        if mark_of(path) != mark:
            raise UserError(f"{path} changed while {inputs.name} ran; {AGAIN}")


def first_difference(settings: Mapping[str, Any], params: Any) -> str:
    """Return where `params` differs from `settings` (value by dotted name): `NAME changed from X to
    Y`; "" where it does not.
    """
    for key, before in settings.items():
        difference = _difference(key, before, value_at(params, key))
        if difference:
            return difference
    return ""


def _difference(name: str, before: Any, now: Any) -> str:
    if before == now:
        return ""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return f"{name} changed from {_shown(before)} to {_shown(now)}"
    for key in [*before, *now]:
        difference = _difference(f"{name}.{key}", before.get(key), now.get(key))
        if difference:
            return difference
    return ""


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def declared_outputs(body: Mapping[str, Any]) -> list[str]:
    """Return what a stage's body in dvc.yaml says that it makes; paths may hold `${...}`."""
    paths = []
    for kind in ("outs", "metrics", "plots"):
        for output in body.get(kind) or ():
            paths.append(next(iter(output)) if isinstance(output, dict) else str(output))
    return paths


def value_at(params: Any, name: str) -> Any:
    """Return the value of a dotted name, None where there is none."""
    value = params
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def mark_of(path: str) -> str:
    """Return what shows that a file or folder is another one: of code its bytes, of data the names,
    sizes and times of its files, as large files are not read twice for it.

    Raises:
        UserError: it is neither a file nor a folder.
    """
    place = Path(path)
    if not file_or_folder_is_there(place):
        return ABSENT
    if place.parts[0] == "src":
        return tree_digest([path])
    digest = hashlib.sha256()
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        if file.is_file():
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def item_values(name: str, body: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    """Return what a stage's name says of `item` and `key` in its templates.

    `predict@0-mmbench` has `item.seed` 0 and `item.benchmark` mmbench: the order of `matrix`. Where
    `foreach` is a section of params.yaml, `item` is the value of an entry, `item.path` its part.
    """
    item = name.partition("@")[2]
    values = {"item": item, "key": item}
    entries = value_at(params, str(body.get("foreach", "")).strip("${}"))
    entry = entries.get(item, item) if isinstance(entries, dict) else item
    values["item"] = str(entry)
    if isinstance(entry, dict):
        for name, value in entry.items():
            values[f"item.{name}"] = str(value)
    # only the last parts are free of hyphens
    keys = list(body.get("matrix", {}))
    parts = item.rsplit("-", len(keys) - 1) if keys else []
    for key, part in zip(keys, parts, strict=True):
        values[f"item.{key}"] = part
    return values


def filled(template: str, values: Mapping[str, str], params: Mapping[str, Any]) -> str:
    """Return a template of dvc.yaml with each `${name}` replaced as DVC does."""

    def value_of(match: re.Match[str]) -> str:
        name = match[1].strip()
        return values[name] if name in values else str(value_at(params, name))

    return re.sub(r"\$\{(.+?)\}", value_of, template)
