"""How many rows a model is given at once: no more than the GPU's memory takes.

A model names in `BY_ROWS` the methods whose one argument has rows that do not know of each other.
Where such a call lacks memory it is made again in halves, and no later one begins with more rows.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from bettersynth.errors import warn


class RowLimits:
    """What was found of one model: the rows that fit, by method."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    def ask(self, model: Any, method: str, *arguments: Any) -> Any:
        """Return what a method of the model gives for these arguments.

        Raises:
            torch.OutOfMemoryError: a single row does not fit, or the method has no rows.
        """
        call = getattr(model, method)
        if method not in getattr(model, "BY_ROWS", ()):
            return call(*arguments)
        (rows,) = arguments
        return self._ask_by_rows(call, method, rows)

    def _ask_by_rows(self, call: Any, method: str, rows: Any) -> Any:
        count = _count(rows)
        if count > self.rows.get(method, count):
            return self._in_halves(call, method, rows)
        try:
            return call(rows)
        # known by name: a model that needs no torch must not load it
        except Exception as error:
            if type(error).__name__ != "OutOfMemoryError" or count < 2:
                raise
        # behind the `except`, which holds on to the tensors of the call that failed
        _free()
        self.rows[method] = (count + 1) // 2
        warn(
            f"{count} rows do not fit into the GPU's memory: {self.rows[method]} at a time; the "
            "last digits may be others than on a larger GPU"
        )
        return self._in_halves(call, method, rows)

    def _in_halves(self, call: Any, method: str, rows: Any) -> Any:
        middle = (_count(rows) + 1) // 2
        first = self._ask_by_rows(call, method, _cut(rows, slice(middle)))
        second = self._ask_by_rows(call, method, _cut(rows, slice(middle, None)))
        if isinstance(first, np.ndarray):
            return np.concatenate([first, second])
        return [*first, *second]


def _count(rows: Any) -> int:
    """Return how many rows there are in an array, a list, or arrays by name."""
    return len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)


def _cut(rows: Any, part: slice) -> Any:
    if isinstance(rows, Mapping):
        return {name: column[part] for name, column in rows.items()}
    return rows[part]


def _free() -> None:
    """Give back what torch keeps for later: the halves have other shapes."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
