"""What the filters of a recipe file would keep with other bounds, from what they measured once."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.stats import column_of
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.analysis import Analysis
from bettersynth.recipes.engine.run_settings import RunSettings, read_run
from bettersynth.recipes.gathering import gather_dataset, measured_positions
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.recipes.moved_bounds import MovableLines, Moves
from bettersynth.recipes.refine import written_settings
from bettersynth.recipes.stored_columns import quick_column


class MovableRun(MovableLines):
    """The filters of a recipe file over the rows that they measured.

    `passed_over` are the labels of the lines that decide over the rows that are left, and of the
    filters without values.
    """

    def __init__(self, path: Path, settings: RunSettings, lines: list[Line], analysis: Analysis):
        """Take over what was measured."""
        measured = {line.label for line in analysis.lines.values()}
        filters = [line for line in lines if line.label in measured]
        values = {line.label: _quick(analysis.values_of(line)) for line in filters}
        everyone = np.ones(len(analysis.ids), dtype=bool)
        super().__init__(filters, values, everyone, everyone)
        self.path = path
        self.settings = settings
        self.passed_over = _passed_over(lines, measured)
        self._places = {line.label: place for place, line in enumerate(lines)}

    def moved(self, moves: Moves) -> list[Line]:
        """Return the lines with bounds moved, read as `bettersynth run` reads them.

        Raises:
            UserError: there is no such line or bound, or it can't have this value.
        """
        process = copy.deepcopy(list(self.settings.process))
        for place, entry in self.moved_entries(moves).items():
            process[place] = entry
        lines = read_recipe(process, f"{self.path}: process", self.settings.compat)
        return [line for line in lines if line.label in self.values]

    def moved_entries(self, moves: Moves) -> dict[int, dict[str, Any]]:
        """Return the entries of `process` with a moved bound, by their place.

        Raises:
            UserError: there is no such line.
        """
        entries: dict[int, dict[str, Any]] = {}
        for (label, setting), value in moves.items():
            line = self.lines[self.position(label)]
            place = self._places[label]
            settings = written_settings(entries.get(place, self.settings.process[place]))
            entries[place] = {line.name: settings | {setting: value}}
        return entries


def read_movable_run(path: Path) -> tuple[MovableRun, Analysis]:
    """Measure every row of the data set of a recipe file, none dropped; known scores are used.

    Raises:
        UserError: whatever `bettersynth run` would say of recipe and data, or no row is measured.
    """
    settings, lines = read_run(path)
    analysis = gather_dataset(settings, lines, measured_positions(lines))
    if not analysis.ids:
        raise UserError(f"{settings.data_set_name} holds no sample that can be measured")
    return MovableRun(path, settings, lines, analysis), analysis


def _quick(values: Values) -> Values:
    quick = {}
    for stat, column in values.items():
        quick[stat] = quick_column(pa.chunked_array([column_of(column)]))
    return quick


def _passed_over(lines: list[Line], measured: set[str]) -> list[str]:
    return [line.label for line in lines if line.kind != "mapper" and line.label not in measured]
