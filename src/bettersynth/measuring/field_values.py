"""The value at a dot path of a sample's fields, and as the number that selectors compare."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import BadSample
from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import number_of


def field_value(row: dict[str, Any], path: str, compat: str = "") -> Any:
    """Return `row["a"]["b"]` for the path `a.b`.

    `compat: data_juicer` reads a field that is not there as null.

    Raises:
        UserError: the sample has no such field, or what should hold it is no mapping.
    """
    value: Any = row
    for key in path.split("."):
        if compat == "data_juicer" and isinstance(value, dict):
            value = value.get(key)
            continue
        if not isinstance(value, dict) or key not in value:
            known = ", ".join(sorted(map(str, value))) if isinstance(value, dict) else "none"
            raise UserError(f"a sample has no field {path}: {key} is not among {known}")
        value = value[key]
    return value


def field_column(rows: Sequence[dict[str, Any]], path: str, compat: str = "") -> list[Any]:
    """Return the value at `path` of each row.

    Raises:
        BadSample: rows without such a field.
    """
    values: list[Any] = []
    without_field: list[int] = []
    reason = ""
    for position, row in enumerate(rows):
        try:
            values.append(field_value(row, path, compat))
        except UserError as error:
            without_field.append(position)
            reason = reason or str(error)
    if without_field:
        raise BadSample(without_field, reason)
    return values


def as_number(value: Any, missing: float, compat: str = "") -> float:
    """Return the number of a field's value; `missing` where it has none.

    The rule is `number_rule`'s, and text that writes a number counts as that number: what stands
    in a user's own row may be quoted. `compat: data_juicer` lets one item of a list that is no
    number spoil the whole list, and ranks the text "nan" as NaN.
    """
    if compat == "data_juicer":
        return _data_juicers_number(value, missing)
    if isinstance(value, list):
        number = number_of([_written_number(item) for item in value])
    else:
        number = number_of(_written_number(value))
    return missing if math.isnan(number) else number


def rank_number(value: Any, missing: float, compat: str = "") -> float:
    """Return what a value is ranked by: `as_number`, but whole numbers with all their digits."""
    if type(value) is int and compat != "data_juicer":
        return value
    return as_number(value, missing, compat)


def has_number(value: Any) -> bool:
    """Whether a value has a number to be ranked by."""
    number = rank_number(value, math.nan)
    # NaN alone differs from itself
    return number == number


def _written_number(item: Any) -> Any:
    """Return the number that a text writes; anything else as it is."""
    if not isinstance(item, str):
        return item
    try:
        return float(item)
    except ValueError:
        return item


def _data_juicers_number(value: Any, missing: float) -> float:
    """Source: `stats_to_number` of Data-Juicer."""
    try:
        if isinstance(value, str):
            return float(value)
        if value is None or (isinstance(value, list) and not value):
            return missing
        return float(np.asarray(value).mean())
    # a whole number may be larger than any float
    except (TypeError, ValueError, OverflowError):
        return missing


def require_plain(values: Sequence[Any], operator: str, path: str) -> None:
    """Pass if every value at `path` can be counted and compared.

    Raises:
        UserError: a value is neither text, number nor null.
    """
    for position, value in enumerate(values):
        if not (value is None or isinstance(value, str | int | float)):
            raise UserError(
                f"{operator}: {path} of sample {position} is neither text, number nor null"
            )


def smaller_size(ratio: float | None, number: int | None, of: int) -> int | None:
    """Return the smaller of int(ratio * of) and `number`, None where neither is given.

    0 counts as not given, as in Data-Juicer.
    """
    sizes = [int(ratio * of)] if ratio else []
    sizes += [number] if number else []
    return min(sizes) if sizes else None


def ranked(values: Sequence[Any], descending: bool, size: int) -> list[int]:
    """Return the first `size` positions from the largest (or smallest) value on, equals in order.

    Numbers are compared as they are, text as text. Where NaN ends up is up to `heapq`, as in
    Data-Juicer.
    """
    choose = heapq.nlargest if descending else heapq.nsmallest
    return choose(size, range(len(values)), key=values.__getitem__)
