"""Limits that YAML from anywhere is held to before it is built.

The loader builds nested values by recursion, in C without a net: 30,000 brackets end the process.
Aliases name a value again, so that a few lines stand for billions of values.
"""

from __future__ import annotations

import math
from typing import Any

import yaml

from bettersynth.errors import UserError

MAX_BYTES = 4 * 2**20
# params.yaml is 5 deep
MAX_DEPTH = 64
# aliases counted as often as they stand there; a dvc.lock holds hundreds
MAX_VALUES = 200_000
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
# Where PyYAML was built with it. It gives one event after the other, without recursion.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_size(content: bytes | str, where: str) -> None:
    """Check YAML found at `where` by its events, before a value is built.

    Raises:
        UserError: too long, nested too deeply, too many values with its aliases, or an alias
            within the value that it names.
        yaml.YAMLError: not YAML.
    """
    if len(content) > MAX_BYTES:
        raise UserError(f"{where} holds {len(content):,} bytes of YAML, limit {MAX_BYTES:,}")
    values = 0
    # of each open value: its anchor, values before it
    begun: list[tuple[str | None, int]] = []
    # values that an anchor stands for, itself included
    sizes: dict[str, int] = {}
    for event in yaml.parse(content, Loader=_Parser):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in begun):
                raise UserError(f"{_place(where, event)}: the alias *{event.anchor} holds itself")
            values += sizes.get(event.anchor, 1)
        elif isinstance(event, _STARTS):
            begun.append((event.anchor, values))
            values += 1
            if len(begun) > MAX_DEPTH:
                raise UserError(f"{_place(where, event)}: nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, _ENDS):
            anchor, before = begun.pop()
            if anchor:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
        if values > MAX_VALUES:
            raise UserError(
                f"{_place(where, event)}: more than {MAX_VALUES:,} values, aliases counted as "
                "often as they stand there"
            )


def _place(where: str, event: yaml.Event) -> str:
    return f"{where} line {event.start_mark.line + 1}"


def check_finite(value: Any, where: str) -> None:
    """Check that all numbers in a value that was read are finite.

    A bound that is NaN is met by nothing and exceeded by nothing: every comparison fails.

    Raises:
        UserError: one is not.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} is {value}; numbers must be finite")
    if isinstance(value, dict):
        for name, inner in value.items():
            check_finite(name, f"{where}: a name")
            # `params.yaml: filter.threshold`, as in other messages
            joint = "." if ": " in where else ": "
            check_finite(inner, f"{where}{joint}{name}")
    elif isinstance(value, list | tuple | set):
        for position, inner in enumerate(value):
            check_finite(inner, f"{where}[{position}]")
