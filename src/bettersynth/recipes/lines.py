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
from bettersynth.operators import OLDER_NAMES, load_operator
from bettersynth.recipes.bounds import is_end, refuse_unmeetable
from bettersynth.settings.reading import read_settings

# What Data-Juicer lets a recipe say of any operator about where and how it runs. No value depends
# on it, so it is read over.
_RUNTIME_SETTINGS = """
    skip_op_error num_proc np cpu_required gpu_required gpu_batch_size mem_required memory
    accelerator batch_size batch_mode turbo stats_export_path work_dir runtime_env
    ray_execution_mode num_cpus num_gpus auto_op_parallelism image_bytes_key index_key
"""
RUNTIME_SETTINGS = frozenset(_RUNTIME_SETTINGS.split())
KEY_SETTINGS = ("text_key", "image_key")


@dataclass(frozen=True)
class Line:
    """One operator of a recipe.

    `label` is its name, with `#2`, `#3` where the recipe names it again. `kind` is the last word
    of the name: filter, mapper, deduplicator or selector.
    """

    label: str
    name: str
    kind: str
    operator: ModuleType
    measuring: Any  # None for mappers and for selectors that measure nothing
    deciding: Any  # a mapper's or such a selector's Settings
    text_key: str = ""
    image_key: str = ""
    given: tuple[str, ...] = ()  # the settings that the recipe writes
    stored: bool = False  # a stage of its own measures it, into data/stats
    # for a selector of the pool: the operator whose stage measures a path that it compares
    measured_by: tuple[tuple[str, str], ...] = ()

    @property
    def measures(self) -> bool:
        """Whether it measures values and decides on them."""
        return self.measuring is not None

    @property
    def sees_all(self) -> bool:
        """Whether it decides over all rows at once, so that all must be there first."""
        return self.kind in ("deduplicator", "selector")

    @property
    def generates(self) -> bool:
        """Whether it is a mapper that makes new samples."""
        return hasattr(self.operator, "open_maker")

    @property
    def reads_fields(self) -> bool:
        """Whether it reads more of a row than text and pictures."""
        return "fields" in getattr(self.operator, "READS", ())

    @property
    def compared_fields(self) -> tuple[str, ...]:
        """The dot paths of the fields that a selector compares; none for all others."""
        if self.measures or self.kind != "selector":
            return ()
        if hasattr(self.operator, "fields"):
            return tuple(self.operator.fields(self.deciding))
        path = str(self.operator.field(self.deciding))
        return (path,) if path else ()

    @property
    def suffix(self) -> str:
        """What tells its stats from those of an earlier line of its name: "", `#2`, `#3`."""
        return self.label.removeprefix(self.name)

    @property
    def bounds(self) -> str:
        """The settings that decide, such as `min_score 0.24, max_score 1.0`.

        The ends of ranges always, of the other settings those that differ from their default.
        """
        ends: list[str] = []
        others: list[str] = []
        for setting in dataclasses.fields(self.deciding):
            value = getattr(self.deciding, setting.name)
            shown = f"{setting.name} {_short(value)}"
            if is_end(setting.name):
                ends.append(shown)
            elif value != setting.default:
                others.append(shown)
        return ", ".join([*ends, *others])


def _short(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def read_recipe(
    process: Any, where: str, compat: str = "", measured: dict[str, Any] | None = None
) -> list[Line]:
    """Return the lines of `process`, a list with one `{operator: settings}` or a bare name each.

    `measured` holds the measuring settings of what stages of their own measure, by operator, such
    as the section `stats`. With it, lines may hold deciding settings only, and only operators
    measured there may occur; those that read fields measure at their line and need not be there.

    Raises:
        UserError: not such a list, an unknown operator or setting (the valid ones are named), a
            value of another type, bounds that no value can meet.
    """
    if not isinstance(process, Sequence) or isinstance(process, str):
        raise UserError(f"{where} must be a list of operators, not {process!r}")
    lines: list[Line] = []
    for position, entry in enumerate(process):
        place = f"{where}[{position}]"
        name, settings = _entry(entry, place)
        # an operator may be named again, with other settings: its label gets a number
        times = 1 + sum(line.name == name for line in lines)
        label = name if times == 1 else f"{name}#{times}"
        lines.append(_line(label, name, settings, f"{place}.{name}", compat, measured))
    return lines


def _entry(entry: Any, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return OLDER_NAMES.get(entry, entry), {}
    if not isinstance(entry, dict) or len(entry) != 1:
        raise UserError(
            f"{where} must be one operator with its settings, "
            f"such as `- words_num_filter: {{min_num: 3}}`, not {entry!r}"
        )
    ((name, settings),) = entry.items()
    if settings is not None and not isinstance(settings, dict):
        raise UserError(f"{where}.{name} must be a mapping of settings, not {settings!r}")
    return OLDER_NAMES.get(str(name), str(name)), dict(settings or {})


def _line(
    label: str,
    name: str,
    settings: dict[str, Any],
    where: str,
    compat: str,
    measured: dict[str, Any] | None,
) -> Line:
    operator = load_operator(name)
    # Data-Juicer lets each line name the keys of the row that it works on
    keys = {}
    for key in KEY_SETTINGS:
        if key in settings:
            keys[key] = str(settings.pop(key))
    given = tuple(settings)
    measuring_class = getattr(operator, "Measuring", None)
    deciding_class = operator.Settings if measuring_class is None else operator.Deciding
    stored = measuring_class is not None and name in (measured or {})
    if measured is not None and measuring_class is not None:
        if not stored and "fields" not in operator.READS:
            known = ", ".join(sorted(measured))
            raise UserError(
                f"{where}: {name} is not measured; add it to the section stats "
                f"(measured are: {known})"
            )
        if stored:
            _refuse_measuring_settings(settings, measuring_class, deciding_class, name, where)
    classes = [cls for cls in (measuring_class, deciding_class) if cls is not None]
    _refuse_unknown(settings, classes, where)
    if compat:
        settings.setdefault("compat", compat)
    measuring = None
    if stored:
        measuring = read_settings(measuring_class, measured[name], f"stats.{name}")
    elif measuring_class is not None:
        measuring = _read_part(measuring_class, settings, where)
    deciding = _read_part(deciding_class, settings, where)
    refuse_unmeetable(operator, measuring, deciding, where)
    kind = name.rpartition("_")[2]
    return Line(
        label, name, kind, operator, measuring, deciding, given=given, stored=stored, **keys
    )


def _refuse_measuring_settings(
    settings: dict[str, Any], measuring: type, deciding: type, name: str, where: str
) -> None:
    """Raise a UserError if a line holds settings that belong to where its values are measured."""
    moved = sorted(set(settings) & set(_types(measuring)) - set(_types(deciding)))
    if moved:
        raise UserError(
            f"{where}: {', '.join(moved)} decides what is measured; set it in stats.{name}"
        )


def _refuse_unknown(settings: dict[str, Any], classes: Sequence[type], where: str) -> None:
    valid: set[str] = set()
    for cls in classes:
        valid.update(_types(cls))
    for setting in settings:
        if setting not in valid | RUNTIME_SETTINGS:
            near = difflib.get_close_matches(setting, valid, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            names = ", ".join(sorted(valid)) or "none"
            raise UserError(f"{where} has no setting {setting}{hint}; its settings are: {names}")


def _read_part(cls: type, settings: dict[str, Any], where: str) -> Any:
    """Return the dataclass of those settings that it has."""
    types = _types(cls)
    own = {}
    for name, value in settings.items():
        if name in types:
            own[name] = _lenient(value, types[name])
    return read_settings(cls, own, where)


def _types(cls: type) -> dict[str, Any]:
    """Return the type of each setting of a dataclass."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _lenient(value: Any, kind: Any) -> Any:
    """Return `value` as Data-Juicer's parser reads it.

    `1e5`, a string to YAML, is a number where one is asked for, and 300 a string.
    """
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
