"""A recipe: the list of operators with their settings, as Data-Juicer writes it."""

from __future__ import annotations

import dataclasses
import difflib
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bettersynth.errors import UserError
from bettersynth.operators import load_operator
from bettersynth.settings.reading import read_settings

# What Data-Juicer lets a recipe say of any operator about where and how it runs; no value depends on it, so it is read over.
_RUNTIME_SETTINGS = """
    skip_op_error num_proc np cpu_required gpu_required gpu_batch_size mem_required memory accelerator batch_size batch_mode turbo stats_export_path
    work_dir runtime_env ray_execution_mode num_cpus num_gpus auto_op_parallelism image_bytes_key index_key
"""
RUNTIME_SETTINGS = frozenset(_RUNTIME_SETTINGS.split())
KEY_SETTINGS = ("text_key", "image_key")


@dataclass(frozen=True)
class Line:
    """One operator of a recipe. `label` is its name, with `#2`, `#3` where the recipe names it again."""

    label: str
    name: str
    kind: str
    operator: ModuleType
    measuring: Any  # None for mappers and selectors
    deciding: Any  # a mapper's or selector's Settings
    text_key: str = ""
    image_key: str = ""
    given: tuple[str, ...] = ()  # the settings that the recipe writes

    @property
    def bounds(self) -> str:
        """The settings that decide, such as `min_score 0.24, max_score 1.0`."""
        shown = {f.name: getattr(self.deciding, f.name) for f in dataclasses.fields(self.deciding)}
        ends = [
            name
            for name in shown
            if name.startswith(("min_", "max_")) and not name.endswith("_interval")
        ]
        flags = [
            name
            for name in shown
            if name not in ends and shown[name] != _default(self.deciding, name)
        ]
        return ", ".join(f"{name} {_short(shown[name])}" for name in [*ends, *flags])


def _short(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _default(settings: Any, name: str) -> Any:
    return next(f.default for f in dataclasses.fields(settings) if f.name == name)


def read_recipe(
    process: Any, where: str, compat: str = "", measured: dict[str, Any] | None = None
) -> list[Line]:
    """Return the lines of `process`, a list with one `{operator: settings}` (or a bare operator name) each.

    With `measured` (measuring settings by operator, such as the section `stats`), lines may hold deciding settings only, and only operators
    measured there may occur.

    Raises:
        UserError: not such a list, an unknown operator or setting (the valid ones are named), a value of another type.
    """
    if not isinstance(process, Sequence) or isinstance(process, str):
        raise UserError(f"{where} must be a list of operators, not {process!r}")
    lines: list[Line] = []
    for k, entry in enumerate(process):
        name, settings = _entry(entry, f"{where}[{k}]")
        operator = load_operator(name)
        again = 1 + sum(line.name == name for line in lines)
        label = name if again == 1 else f"{name}#{again}"
        lines.append(
            _line(label, name, operator, settings, f"{where}[{k}].{name}", compat, measured)
        )
    return lines


def _entry(entry: Any, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    if not isinstance(entry, dict) or len(entry) != 1:
        raise UserError(
            f"{where} must be one operator with its settings, such as `- words_num_filter: {{min_num: 3}}`, not {entry!r}"
        )
    ((name, settings),) = entry.items()
    if settings is not None and not isinstance(settings, dict):
        raise UserError(f"{where}.{name} must be a mapping of settings, not {settings!r}")
    return str(name), dict(settings or {})


def _line(
    label: str,
    name: str,
    operator: ModuleType,
    settings: dict[str, Any],
    where: str,
    compat: str,
    measured: dict[str, Any] | None,
) -> Line:
    # a selector that measures decides as a deduplicator does: on the values of all rows at once
    kind = (
        "deduplicator"
        if hasattr(operator, "Measuring") and name.endswith("_selector")
        else name.rpartition("_")[2]
    )
    keys = {key: str(settings.pop(key)) for key in KEY_SETTINGS if key in settings}
    classes = (
        [operator.Settings]
        if hasattr(operator, "Settings")
        else [operator.Measuring, operator.Deciding]
    )
    fields = [_fields(cls) for cls in classes]
    if measured is not None and len(classes) == 2:
        if name not in measured:
            raise UserError(
                f"{where}: {name} is not measured; add it to the section stats (measured are: {', '.join(sorted(measured))})"
            )
        moved = sorted(set(settings) & set(fields[0]) - set(fields[1]))
        if moved:
            raise UserError(
                f"{where}: {', '.join(moved)} decides what is measured; set it in stats.{name}"
            )
    valid = set().union(*fields)
    for setting in settings:
        if setting not in valid | RUNTIME_SETTINGS:
            near = difflib.get_close_matches(setting, valid, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(
                f"{where} has no setting {setting}{hint}; its settings are: {', '.join(sorted(valid)) or 'none'}"
            )
    written = tuple(settings)
    if compat:
        settings.setdefault("compat", compat)
    parts = []
    for cls, types in zip(classes, fields, strict=True):
        given = {
            key: _lenient(value, types[key]) for key, value in settings.items() if key in types
        }
        parts.append(read_settings(cls, given, where))
    if measured is not None and len(classes) == 2:
        parts[0] = read_settings(classes[0], measured[name], f"stats.{name}")
    return Line(
        label,
        name,
        kind,
        operator,
        parts[0] if len(parts) == 2 else None,
        parts[-1],
        given=written,
        **keys,
    )


def _fields(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _lenient(value: Any, kind: Any) -> Any:
    """Return `value` as Data-Juicer's parser reads it: `1e5`, a string to YAML, is a number where one is asked for, 300 a string."""
    if kind is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    if kind is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
