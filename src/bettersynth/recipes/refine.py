"""Bounds of a recipe from the data: mean and k standard deviations, or quantiles.

Source: Data-Juicer's k-sigma refinement, with its faults mended: bounds stay within what a value
can be, each end of a filter with two stats follows its own, `min_closed_interval` is no bound,
counts stay whole numbers.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from bettersynth.data.tables.value_columns import ItemLists, ValueColumn
from bettersynth.measuring.number_rule import finite_items
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.bounds import (
    SIGNED_STATS,
    UNIT_STATS,
    UNLIMITED_STATS,
    End,
    range_ends,
)
from bettersynth.recipes.lines import Line
from bettersynth.settings.refine import RefineSettings

# significant digits of a refined bound, rounded outwards
DIGITS = 6


def ends_of(line: Line) -> list[End]:
    """Return the ends of the range of a line, as `range_ends`."""
    return range_ends(line.operator, line.deciding)


def refine_line(line: Line, values: Values, settings: RefineSettings) -> Line:
    """Return the line with refined ends: those that the recipe writes, both if it writes none.

    `values` is what the line measured. Left as they are: ends without values to go by, and ranges
    that keep what is outside of them.
    """
    ends = ends_of(line)
    if not settings.rule or not ends or line.deciding.reversed_range:
        return line
    changed: dict[str, Any] = {}
    for end in written_ends(line):
        column = values.get(end.stat, [])
        items = finite_items(column)
        # one value has no deviation
        if len(items) < 2:
            continue
        bound = _bound(items, end, settings)
        if _whole(column):
            # counts stay whole, rounded outwards: no more is dropped than the rule says
            bound = math.floor(bound) if end.lower else math.ceil(bound)
        kept_as_text = isinstance(getattr(line.deciding, end.setting), str)
        changed[end.setting] = str(int(bound)) if kept_as_text else bound
    if not changed:
        return line
    return dataclasses.replace(line, deciding=dataclasses.replace(line.deciding, **changed))


def written_ends(line: Line) -> list[End]:
    """Return the ends that the recipe writes; all of them if it writes none."""
    ends = ends_of(line)
    return [end for end in ends if end.setting in line.given] or ends


def _bound(items: np.ndarray, end: End, settings: RefineSettings) -> float:
    """Return the end of the range of `items`, float `[items]`, within what its stat can be."""
    if settings.rule == "percentiles":
        share = settings.low if end.lower else settings.high
        bound = float(np.quantile(items, share))
    else:
        deviations = -settings.k if end.lower else settings.k
        bound = float(items.mean() + deviations * items.std(ddof=1))
    bound = _outwards(bound, end.lower)
    if end.stat in UNIT_STATS:
        return min(max(bound, 0.0), 1.0)
    if end.stat in SIGNED_STATS:
        return min(max(bound, -1.0), 1.0)
    return bound if end.stat in UNLIMITED_STATS else max(bound, 0.0)


def _outwards(bound: float, lower: bool) -> float:
    """Return `bound` with a few significant digits, moved away from the range's middle."""
    if bound == 0:
        return 0.0
    # a unit of the last digit that is kept
    step = 10.0 ** (math.floor(math.log10(abs(bound))) - DIGITS + 1)
    rounded = (math.floor if lower else math.ceil)(bound / step) * step
    return float(f"{rounded:.{DIGITS}g}")


def _whole(column: ValueColumn) -> bool:
    """Whether all values, item by item, are whole numbers or missing."""
    if isinstance(column, ItemLists):
        column = column.items
    if isinstance(column, np.ndarray):
        # a bool is an int to Python
        return column.dtype.kind in "ib"
    for value in column:
        for item in value if isinstance(value, list) else [value]:
            if item is not None and not isinstance(item, int):
                return False
    return True


def refined_entry(line: Line, entry: Any) -> Any:
    """Return an entry of a recipe, `{name: settings}`, with the ends of a refined line."""
    settings = written_settings(entry)
    for end in written_ends(line):
        settings[end.setting] = getattr(line.deciding, end.setting)
    for name, value in list(settings.items()):
        # no bound, which YAML need not write
        if isinstance(value, float) and math.isinf(value):
            del settings[name]
    return {line.name: settings}


def written_settings(entry: Any) -> dict[str, Any]:
    """Return the settings of an entry of a recipe, a bare name or `{name: settings}`.

    The name may be an older one than that of its line.
    """
    if not isinstance(entry, dict):
        return {}
    (settings,) = entry.values()
    return dict(settings or {})
