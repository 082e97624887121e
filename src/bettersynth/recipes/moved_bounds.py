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

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.samples import judged_of
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.controls import drop_planted
from bettersynth.recipes.decisions import undecided
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR, read_lines
from bettersynth.recipes.lines import Line, stat_of_label
from bettersynth.recipes.pool_recipe import needs_rows, pool_values, read_pool_recipe
from bettersynth.recipes.refine import refined_entry, written_settings
from bettersynth.recipes.stored_columns import read_stored
from bettersynth.recipes.verdicts import keeps, verdicts
from bettersynth.settings.filter import FilterSettings

# verdicts of one line with one set of bounds that are remembered
MOST_FLAGS = 64

Moves = Mapping[tuple[str, str], Any]
"""New values of bounds, by the line's label and the setting."""


@dataclasses.dataclass(frozen=True)
class Survival:
    """Who is left: `surviving` rows after each line, by label.

    `left` says which rows the first line sees, and which are left after each line, bool `[rows]`
    each: 12 million rows are looked through in milliseconds so.
    """

    surviving: dict[str, int]
    left: tuple[np.ndarray, ...]

    @property
    def kept(self) -> np.ndarray:
        """Which rows no line drops, bool `[rows]`."""
        return self.left[-1]

    def reaches(self, position: int) -> np.ndarray:
        """Return which rows are left when the line at `position` has its turn, bool `[rows]`."""
        return self.left[position]

    def dropped_by(self, position: int) -> np.ndarray:
        """Return which rows the line at `position` drops, bool `[rows]`."""
        return self.left[position] & ~self.left[position + 1]


class MovableLines:
    """Lines over rows whose values are at hand; `lines` are as they stand now."""

    def __init__(
        self,
        lines: Sequence[Line],
        values: Mapping[str, Values],
        start: np.ndarray,
        judged: np.ndarray,
    ):
        """Keep what the lines decide on: `values`, by label.

        `start` says which rows the first line sees, `judged` which ones the lines decide on, bool
        `[rows]` each.
        """
        self.lines = list(lines)
        self.values = values
        self.rows = len(start)
        self._judged = judged
        self._repeated = _repeated(lines, values)
        self._start = start
        self._flags: dict[tuple[str, str], np.ndarray] = {}
        # of the last answer: what decided up to each line, and who was left then
        self._last: tuple[list[tuple[str, str]], list[np.ndarray]] = ([], [start])

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
        known, known_left = self._last
        decided = [(line.label, repr(line.deciding)) for line in lines]
        left = [self._start]
        for position, line in enumerate(lines):
            # as in the last answer, up to the first line that differs
            if decided[: position + 1] == known[: position + 1]:
                left.append(known_left[position + 1])
            else:
                left.append(self._left_after(line, left[position]))
        self._last = decided, left
        counts = [int(np.count_nonzero(flags)) for flags in left[1:]]
        surviving = dict(zip((line.label for line in lines), counts, strict=True))
        return Survival(surviving, tuple(left))

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

    def _left_after(self, line: Line, before: np.ndarray) -> np.ndarray:
        """Return which of the rows `before` a line, bool `[rows]`, are left after it.

        What a filter says of a row depends on no other row, so that it is asked once.
        """
        if not line.sees_all:
            return before & (self.keeps_alone(line) | ~self._judged)
        left = before.copy()
        asked = before & self._judged
        if line.label in self._repeated:
            asked &= self._repeated[line.label]
        rows = np.flatnonzero(asked)
        left[rows] = verdicts(line, self.values[line.label], rows)
        return left


class MovableRecipe(MovableLines):
    """The recipe of the section `filter` over a pool."""

    def __init__(self, settings: FilterSettings, params: dict[str, Any], pool: pa.Table):
        """Read the values that the lines decide on.

        `pool` has at least the columns `JUDGED_COLUMNS`.

        Raises:
            UserError: whatever is wrong with the recipe, or a stage has not measured yet.
        """
        lines = read_pool_recipe(settings, params)
        values = _values(lines, pool)
        super().__init__(lines, values, _start(settings, pool["id"]), judged_of(pool))
        self.params = params
        self.settings = _written_out(settings, lines)

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
    if needs_rows(lines):
        return pool_values(lines, read_pool())
    stored: dict[str, Values] = {}
    values: dict[str, Values] = {}
    for line in lines:
        if line.measures and line.table not in stored:
            stored[line.table] = read_stored(line.table, line.operator, pool["id"])
        values[line.label] = line.own_values(stored.get(line.table, {}))
    return values


def _repeated(lines: Sequence[Line], values: Mapping[str, Values]) -> dict[str, np.ndarray]:
    """Return for each deduplicator of equal keys which rows share theirs, bool `[rows]`, by label.

    The others it keeps whoever is left: of millions of rows few are to be looked up.
    """
    repeated: dict[str, np.ndarray] = {}
    for line in lines:
        for keys in values[line.label].values():
            if getattr(line.operator, "EQUAL_KEYS", False) and isinstance(keys, np.ndarray):
                shared = np.bincount(keys)[keys] > 1
                # of several keys all must be equal
                repeated[line.label] = shared & repeated.get(line.label, True)
    return repeated


def _start(settings: FilterSettings, ids: pa.ChunkedArray) -> np.ndarray:
    """Return which rows the first line sees, bool `[rows]`.

    Raises:
        UserError: as `drop_planted`.
    """
    decisions = undecided(len(ids))
    if settings.oracle:
        drop_planted(decisions, ids)
    return decisions.kept
