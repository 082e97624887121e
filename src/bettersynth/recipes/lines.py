"""A recipe: the list of operators with their settings, as Data-Juicer writes it."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bettersynth.errors import UserError, did_you_mean
from bettersynth.measuring.measure import reads_of
from bettersynth.measuring.models.scorer_choice import ScorerChoice
from bettersynth.measuring.protocols import Values
from bettersynth.operators import OLDER_NAMES, load_operator
from bettersynth.recipes.bounds import is_end, refuse_unmeetable
from bettersynth.recipes.stats_section import measuring_settings, not_measured, take_own_stat
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

    `label` is its name, with `#STAT` where it names a stat, and `#2`, `#3` where the recipe names
    the same again. `kind` is the last word of the name: filter, mapper, deduplicator or selector.
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
    own_stat: str = ""  # the stat that it names
    # for a selector of the pool: the stat that holds a path that it compares
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
    def rewrites_all(self) -> bool:
        """Whether it rewrites texts by what all of them hold, so that all must be there first."""
        return hasattr(self.operator, "rewrite_all")

    @property
    def reads_fields(self) -> bool:
        """Whether it reads more of a row than text and pictures."""
        if self.measures:
            return "fields" in reads_of(self.operator, self.measuring)
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
    def table(self) -> str:
        """The stat of the section `stats` that it decides on, if a stage measures it."""
        return self.own_stat or self.name

    @property
    def stat_suffix(self) -> str:
        """What the columns of the stat that it names end in; "" if it names none."""
        return f"#{self.own_stat}" if self.own_stat else ""

    @property
    def suffix(self) -> str:
        """What tells its columns from those of other lines of its operator.

        Lines share what a stage measured; those that measure for themselves have `#2`, `#3`.
        """
        return self.stat_suffix if self.stored else self.label.removeprefix(self.name)

    def own_values(self, columns: Mapping[str, Sequence[Any]]) -> Values:
        """Return the columns of its stat by the names that its operator knows."""
        suffix = self.stat_suffix
        return {column.removesuffix(suffix): values for column, values in columns.items()}

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


def stat_of_label(label: str) -> str:
    """Return the stat that a line decides on, by its label: `Line.table`."""
    operator, _, rest = label.partition("#")
    own_stat = rest.partition("#")[0]
    return operator if not own_stat or own_stat.isdigit() else own_stat


def _short(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def read_recipe(
    process: Any, where: str, compat: str = "", measured: dict[str, Any] | None = None
) -> list[Line]:
    """Return the lines of `process`, a list with one `{operator: settings}` or a bare name each.

    `measured` is the section `stats`: what stages of their own measure. With it, lines may hold
    deciding settings only, and only operators measured there may occur; those that read fields
    measure at their line and need not be there.

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
        place = f"{place}.{name}"
        own_stat = take_own_stat(name, settings, place, measured)
        # an operator may be named again, with other settings: its label gets a number
        times = 1 + sum((line.name, line.own_stat) == (name, own_stat) for line in lines)
        label = f"{name}#{own_stat}" if own_stat else name
        label = label if times == 1 else f"{label}#{times}"
        line = _line(label, name, own_stat or name, settings, place, compat, measured)
        lines.append(dataclasses.replace(line, own_stat=own_stat))
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
    table: str,
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
    stored = measuring_class is not None and table in (measured or {})
    if measured is not None and measuring_class is not None:
        # DVC watches files for stages of `stats` alone
        where_it_stands = "fields" in operator.READS and "files" not in operator.READS
        if not stored and not where_it_stands:
            raise UserError(not_measured(name, measured, where))
        if stored:
            _refuse_measuring_settings(settings, measuring_class, deciding_class, table, where)
    classes = [cls for cls in (measuring_class, deciding_class) if cls is not None]
    _refuse_unknown(settings, classes, where)
    if compat:
        settings.setdefault("compat", compat)
    measuring = None
    if stored:
        measuring = measuring_settings(measured, table, f"stats.{table}")
    elif measuring_class is not None:
        measuring = _read_part(measuring_class, settings, where)
        if settings.get("compat") and isinstance(measuring, ScorerChoice):
            measuring.require_float32()
    deciding = _read_part(deciding_class, settings, where)
    if hasattr(operator, "require_complete") and not stored:
        operator.require_complete(deciding if measuring is None else measuring)
    refuse_unmeetable(operator, measuring, deciding, where)
    kind = name.rpartition("_")[2]
    return Line(
        label, name, kind, operator, measuring, deciding, given=given, stored=stored, **keys
    )


def _refuse_measuring_settings(
    settings: dict[str, Any], measuring: type, deciding: type, table: str, where: str
) -> None:
    """Raise a UserError if a line holds settings that belong to where its values are measured."""
    moved = sorted(set(settings) & set(_types(measuring)) - set(_types(deciding)))
    if moved:
        raise UserError(
            f"{where}: {', '.join(moved)} decides what is measured; set it in stats.{table}"
        )


def _refuse_unknown(settings: dict[str, Any], classes: Sequence[type], where: str) -> None:
    valid: set[str] = set()
    for cls in classes:
        valid.update(_types(cls))
    for setting in settings:
        if setting not in valid | RUNTIME_SETTINGS:
            hint = did_you_mean(setting, valid)
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
