"""Reading `params.yaml` into frozen dataclasses; a wrong name or type is one clear error that lists
what is allowed.
"""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bettersynth.errors import UserError, did_you_mean
from bettersynth.settings.regular_files import read_regular
from bettersynth.settings.yaml_12 import Yaml12Numbers
from bettersynth.settings.yaml_limits import check_finite, check_size

Settings = TypeVar("Settings")

# what numpy and torch both take
SEEDS = (0, 2**32 - 1)
# of an int64, as numpy, torch and parquet have it, without its sign
WHOLE_BITS = 63

# The params.yaml that the stage in this process works from, whatever is written there meanwhile.
_held: dict[str, bytes] = {}


def hold_params(path: Path) -> bytes:
    """Return the bytes of a file; `load_params` reads these from now on, until `release_params`.

    Raises:
        FileNotFoundError: no such file.
        UserError: a folder lies there, or what else is no regular file.
    """
    return _held.setdefault(os.path.realpath(path), read_regular(path))


def release_params() -> None:
    """Let `load_params` read files again."""
    _held.clear()


def load_params(path: str | Path = "params.yaml") -> dict[str, Any]:
    """Return the composed parameters.

    Raises:
        UserError: no such file, none that is regular, or not a YAML mapping.
    """
    try:
        content = _held.get(os.path.realpath(path)) or read_regular(path)
    except FileNotFoundError:
        hint = ""
        if Path(path).name == "params.yaml":
            hint = "; run from the project's root, or make it with `bettersynth compose`"
        raise UserError(f"{path} does not exist{hint}") from None
    return settings_in(content, str(path))


def settings_in(content: bytes, where: str) -> dict[str, Any]:
    """Return the settings of a YAML file's content, found at `where` (a file, or one of a commit).

    Raises:
        UserError: as `parse_yaml`, or it is no mapping: a file that was emptied, for one.
    """
    params = parse_yaml(content, where)
    if not isinstance(params, dict):
        raise no_settings(where)
    return params


def no_settings(where: str) -> UserError:
    """Return the error for a file, found at `where`, that holds no settings."""
    composed = Path(where).name == "params.yaml"
    hint = "make it with `bettersynth compose`" if composed else "it must map settings to values"
    return UserError(f"{where} holds no settings; {hint}")


def parse_yaml(content: bytes, where: str) -> Any:
    """Return the value of UTF-8 YAML found at `where` (a file, or a file and its commit).

    Raises:
        UserError: not UTF-8, not YAML, beyond the limits of `yaml_limits`, or it holds a number
            that is not finite.
    """
    try:
        text = content.decode()
        check_size(text, where)
        value = yaml.load(text, Loader=Yaml12Numbers)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not UTF-8 text: {error.reason} at byte {error.start}"
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{where} is not valid YAML: {' '.join(str(error).split())}") from None
    check_finite(value, where)
    return value


def read_settings(cls: type[Settings], values: Any, where: str) -> Settings:
    """Make the frozen dataclass `cls` of the mapping `values` found at `where` (such as
    `params.yaml: filter`).

    Nested dataclasses, `X | None`, lists, tuples, dicts and literals are checked too; an int serves
    where a float is asked for. `cls.BOUNDS`, where there is one, holds the smallest and the largest
    value of some settings.

    Raises:
        UserError: a setting is unknown (the valid ones are named), missing, of another type, or out
            of its bounds.
    """
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise UserError(f"{where} must be a mapping of settings, not {values!r}")
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in fields:
            hint = did_you_mean(str(name), fields)
            raise UserError(f"{where} has no setting {name}{hint}; {_known(fields)}")
    hints = typing.get_type_hints(cls)
    bounds = {"seed": SEEDS, **getattr(cls, "BOUNDS", {})}
    checked: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            checked[name] = _check(hints[name], values[name], f"{where}.{name}")
            if name in bounds:
                _require_within(bounds[name], checked[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UserError(f"{where} lacks the setting {name}; {_known(fields)}")
    return cls(**checked)


def _require_within(bounds: tuple[float, float], value: Any, where: str) -> None:
    smallest, largest = bounds
    if value is not None and not smallest <= value <= largest:
        raise UserError(f"{where} is {value}; it must be from {smallest:,} to {largest:,}")


def _known(names: Iterable[str]) -> str:
    return f"its settings are: {', '.join(sorted(names)) or 'none'}"


def _check(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as `kind`, the annotation of a field.

    Raises:
        UserError: it is of another type.
    """
    if kind is Any:
        return value
    origin = typing.get_origin(kind)
    inner = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _check_union(inner, value, where)
    if origin is typing.Literal:
        if value not in inner:
            raise UserError(f"{where} is {value!r}; allowed: {', '.join(map(str, inner))}")
        return value
    if origin in (list, tuple):
        if not isinstance(value, list | tuple):
            raise UserError(f"{where} must be a list, not {value!r}")
        item_kind = inner[0] if inner else Any
        items = (_check(item_kind, item, f"{where}[{i}]") for i, item in enumerate(value))
        return origin(items)
    if origin is dict:
        if not isinstance(value, dict):
            raise UserError(f"{where} must be a mapping, not {value!r}")
        return _check_entries(inner, value, where)
    if dataclasses.is_dataclass(kind):
        return read_settings(kind, value, where)  # type: ignore[arg-type]
    return _check_plain(kind, value, where)


def _check_entries(kinds: tuple[Any, ...], values: dict[Any, Any], where: str) -> dict[Any, Any]:
    """Return the entries of a mapping, keys and values as `kinds`.

    Raises:
        UserError: one is of another type.
    """
    key_kind, value_kind = kinds
    checked = {}
    for name, value in values.items():
        if key_kind is str and not isinstance(name, str):
            raise UserError(f"{where}: the name {name!r} is no text; quote it, or choose another")
        checked[name] = _check(value_kind, value, f"{where}.{name}")
    return checked


def _check_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    """Return `value` as the first of `kinds` that takes it; the error is that of the last."""
    if value is None and type(None) in kinds:
        return None
    *others, last = [kind for kind in kinds if kind is not type(None)]
    for kind in others:
        try:
            return _check(kind, value, where)
        except UserError:
            continue
    return _check(last, value, where)


def _check_plain(kind: Any, value: Any, where: str) -> Any:
    # To Python true is a whole number, to a reader of params.yaml it is not.
    truth = isinstance(value, bool)
    if isinstance(value, int) and value.bit_length() > WHOLE_BITS:
        raise UserError(
            f"{where} is a whole number of {value.bit_length()} bits; {WHOLE_BITS} are allowed"
        )
    if kind is float and isinstance(value, int) and not truth:
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(value, kind) or (kind is int and truth):
        raise UserError(f"{where} must be of type {kind.__name__}, not {value!r}")
    check_finite(value, where)
    return value


def threads() -> int:
    """Return how many threads a step may use: `BETTERSYNTH_THREADS` (Snakemake sets it), else all
    cores this process may run on.

    Raises:
        UserError: the variable is no whole number above 0.
    """
    value = os.environ.get("BETTERSYNTH_THREADS", "")
    if value and not (value.isdecimal() and int(value) > 0):
        raise UserError(f"BETTERSYNTH_THREADS is {value!r}; it must be a whole number above 0")
    return int(value) if value else len(os.sched_getaffinity(0))
