"""The value at a dot path of a sample's fields, and as the number that selectors compare."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import BadSample
from bettersynth.errors import UserError


def field_value(row: dict[str, Any], path: str, compat: str = "") -> Any:
    """Return `row["a"]["b"]` for the path `a.b`. `compat: data_juicer` reads a field that is not there as null.

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
    found, bad, reason = [], [], ""
    for position, row in enumerate(rows):
        try:
            found.append(field_value(row, path, compat))
        except UserError as error:
            bad.append(position)
            reason = reason or str(error)
    if bad:
        raise BadSample(bad, reason)
    return found


def as_number(value: Any, missing: float) -> float:
    """Return a number for one value: a string's, a list's mean; `missing` for None, empty lists and what is no number."""
    try:
        if isinstance(value, str):
            return float(value)
        if value is None or (isinstance(value, list) and not value):
            return missing
        return float(np.asarray(value).mean())
    except (TypeError, ValueError):
        return missing


def require_plain(values: Sequence[Any], operator: str, path: str) -> None:
    """Raises:
    UserError: a value at `path` is neither text, number nor null.
    """
    for position, value in enumerate(values):
        if not (value is None or isinstance(value, str | int | float)):
            raise UserError(
                f"{operator}: {path} of sample {position} is neither text, number nor null"
            )


def smaller_size(ratio: float | None, number: int | None, of: int) -> int | None:
    """Return the smaller of int(ratio * of) and `number`, None where neither is given (0 counts as not given, as in Data-Juicer)."""
    sizes = [int(ratio * of)] if ratio else []
    sizes += [number] if number else []
    return min(sizes) if sizes else None


def ranked(values: Sequence[Any], descending: bool, size: int) -> list[int]:
    """Return the first `size` positions from the largest (or smallest) value on, equal ones in order.

    Numbers are compared as they are, text as text. Where NaN ends up is up to `heapq`, as in Data-Juicer.
    """
    choose = heapq.nlargest if descending else heapq.nsmallest
    return choose(size, range(len(values)), key=values.__getitem__)
