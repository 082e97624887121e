"""What the pool's recipe would keep with other bounds, from cached scores: the counts are those
that the filter stage would print, found by the same verdicts, only fast enough to drag a bound.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.samples import judged_of
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.controls import drop_planted
from bettersynth.recipes.decisions import undecided
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR, read_lines
from bettersynth.recipes.lines import Line, stat_of_label
from bettersynth.recipes.pool_recipe import pool_values, read_pool_recipe
from bettersynth.recipes.refine import refined_entry, written_settings
from bettersynth.recipes.stored_columns import read_stored
from bettersynth.recipes.verdicts import keeps, verdicts
from bettersynth.settings.filter import FilterSettings

KEPT = -1
# dropped before the first line, by the control `oracle`
DRAWN_OUT = -2
# verdicts of one line with one set of bounds that are remembered
MOST_FLAGS = 64

Moves = Mapping[tuple[str, str], Any]
"""New values of bounds, by the line's label and the setting."""


@dataclasses.dataclass(frozen=True)
class Survival:
    """Who is left: `surviving` rows after each line, by label.

    `dropped_at` int16 `[rows]` is the position of the first line that drops a row, or `KEPT`.
    """

    surviving: dict[str, int]
    dropped_at: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """Which rows no line drops, bool `[rows]`."""
        return self.dropped_at == KEPT

    def reaches(self, position: int) -> np.ndarray:
        """Return which rows are left when the line at `position` has its turn, bool `[rows]`."""
        return (self.dropped_at >= position) | self.kept


class MovableRecipe:
    """The recipe of the section `filter` over a pool; `lines` are as they stand now."""

    def __init__(self, settings: FilterSettings, params: dict[str, Any], pool: pa.Table):
        """Read the values that the lines decide on.

        Raises:
            UserError: whatever is wrong with the recipe, or a stage has not measured yet.
        """
        self.params = params
        self.rows = pool.num_rows
        self.lines = read_pool_recipe(settings, params)
        self.settings = _written_out(settings, self.lines)
        self.values = _values(self.lines, pool)
        self._judged = judged_of(pool)
        self._start = _start(settings, pool["id"])
        self._flags: dict[tuple[str, str], np.ndarray] = {}

    def moved(self, moves: Moves) -> list[Line]:
        """Return the lines with bounds moved, read as the filter stage reads them.

        Raises:
            UserError: there is no such line or bound, or it can't have this value.
        """
        return read_lines(self.moved_settings(moves), self.params)

    def moved_settings(self, moves: Moves) -> FilterSettings:
        """Return the section `filter` with bounds moved; it is not checked.

        Raises:
            UserError: there is no such line.
        """
        recipe = copy.deepcopy(self.settings.recipe)
        threshold = self.settings.threshold
        for (label, setting), value in moves.items():
            position = self.position(label)
            recipe[position][self.lines[position].name][setting] = value
            if threshold is not None and is_threshold(label, setting):
                threshold = value
        return dataclasses.replace(self.settings, recipe=recipe, threshold=threshold)

    def position(self, label: str) -> int:
        """Return where in the recipe the line of this label stands.

        Raises:
            UserError: there is no such line.
        """
        labels = [line.label for line in self.lines]
        if label not in labels:
            raise UserError(f"the recipe has no line {label}; its lines: {', '.join(labels)}")
        return labels.index(label)

    def survival(self, lines: Sequence[Line]) -> Survival:
        """Return who is left after each of `lines`, those of this recipe, perhaps moved."""
        dropped_at = np.where(self._start, KEPT, DRAWN_OUT).astype(np.int16)
        surviving: dict[str, int] = {}
        for position, line in enumerate(lines):
            left = np.flatnonzero((dropped_at == KEPT) & self._judged)
            flags = self._verdicts(line, left)
            dropped_at[left[~flags]] = position
            surviving[line.label] = int((dropped_at == KEPT).sum())
        return Survival(surviving, dropped_at)

    def keeps_alone(self, line: Line) -> np.ndarray:
        """Return which rows of the pool this line alone keeps, bool `[rows]`."""
        key = (line.label, repr(line.deciding))
        if key not in self._flags:
            if len(self._flags) >= MOST_FLAGS:
                self._flags.pop(next(iter(self._flags)))
            if line.sees_all:
                flags = verdicts(line, self.values[line.label], np.arange(self.rows))
            else:
                flags = keeps(line, self.values[line.label], self.rows)
            self._flags[key] = flags
        return self._flags[key]

    def _verdicts(self, line: Line, left: np.ndarray) -> np.ndarray:
        """Return one flag for each of the rows `left`, as `verdicts` has them.

        What a filter says of a row depends on no other row, so that it is asked once.
        """
        if line.sees_all:
            return verdicts(line, self.values[line.label], left)
        return self.keeps_alone(line)[left]


def is_threshold(label: str, setting: str) -> bool:
    """Whether a bound is the one that `filter.threshold` sets as well."""
    return stat_of_label(label) == SIMILARITY_OPERATOR and setting == "min_score"


def _written_out(settings: FilterSettings, lines: Sequence[Line]) -> FilterSettings:
    """Return the section with every entry a mapping, and refined bounds as the recipe's own."""
    recipe: list[dict[str, Any]] = []
    for entry, line in zip(settings.recipe, lines, strict=True):
        if settings.refine.rule:
            entry = refined_entry(line, entry)
        recipe.append({line.name: written_settings(entry)})
    refine = dataclasses.replace(settings.refine, rule="")
    threshold = settings.threshold
    for line in lines:
        if line.table == SIMILARITY_OPERATOR and settings.refine.rule and threshold is not None:
            threshold = line.deciding.min_score
    return dataclasses.replace(settings, recipe=recipe, refine=refine, threshold=threshold)


def _values(lines: Sequence[Line], pool: pa.Table) -> dict[str, Values]:
    """Return what each line decides on, by its label.

    Lines that read fields take rows as Python has them, and need the filter stage's way.
    """
    if any((line.reads_fields and not line.stored) or line.compared_fields for line in lines):
        return pool_values(lines, pool)
    stored: dict[str, Values] = {}
    values: dict[str, Values] = {}
    for line in lines:
        if line.measures and line.table not in stored:
            stored[line.table] = read_stored(line.table, line.operator, pool["id"])
        values[line.label] = line.own_values(stored.get(line.table, {}))
    return values


def _start(settings: FilterSettings, ids: pa.ChunkedArray) -> np.ndarray:
    """Return which rows the first line sees, bool `[rows]`.

    Raises:
        UserError: as `drop_planted`.
    """
    decisions = undecided(len(ids))
    if settings.oracle:
        drop_planted(decisions, ids.to_pylist())
    return decisions.kept
