"""The recipe of the section `filter`, and the values that its lines decide on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.data.samples.pool_samples import pool_batch, read_pool
from bettersynth.data.tables.samples import judged_of
from bettersynth.data.tables.value_columns import python_values, taken
from bettersynth.errors import UserError
from bettersynth.measuring.field_values import field_column
from bettersynth.measuring.launching import HERE
from bettersynth.measuring.protocols import Values
from bettersynth.recipes import refine
from bettersynth.recipes.controls import drop_planted
from bettersynth.recipes.decisions import decide, undecided
from bettersynth.recipes.filter_section import read_lines
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_measuring import measure_all
from bettersynth.recipes.stored_columns import stored_values
from bettersynth.settings.filter import FilterSettings

# of the pool, what a recipe goes by whose stats are all stored
JUDGED_COLUMNS = ("id", "judged")
# Makes the batch of all rows with their fields, given what earlier lines measured of each
BatchWithFields = Callable[[Sequence[dict[str, Any]]], Batch]


def read_pool_recipe(settings: FilterSettings, params: dict[str, Any]) -> list[Line]:
    """Return the lines of `filter.recipe`, their bounds refined by the pool if asked for.

    Raises:
        UserError: as `read_lines`, or the pool is not measured yet.
    """
    lines = read_lines(settings, params)
    if not settings.refine.rule:
        return lines
    pool = read_pool(() if needs_rows(lines) else JUDGED_COLUMNS)
    if settings.refine.over == "left":
        return _refined_in_turn(lines, settings, pool)
    judged = np.flatnonzero(judged_of(pool))
    refined: list[Line] = []
    for line in lines:
        columns: Values = {}
        if line.stored and refine.ends_of(line):
            columns = stored_values(line.table, pool["id"])
        values = values_at(line.own_values(columns), judged)
        refined.append(refine.refine_line(line, values, settings.refine))
    return refined


def _refined_in_turn(lines: Sequence[Line], settings: FilterSettings, pool: pa.Table) -> list[Line]:
    """Return the lines with bounds from the values of the samples that the lines before it left."""
    ids = pool["id"]
    values = pool_values(lines, pool)
    decisions = undecided(len(ids), judged_of(pool))
    if settings.oracle:
        drop_planted(decisions, ids)
    refined: list[Line] = []
    for line in lines:
        of_left: Values = {}
        if line.stored and refine.ends_of(line):
            of_left = values_at(values[line.label], decisions.left)
        moved = refine.refine_line(line, of_left, settings.refine)
        decide([moved], values, ids, decisions)
        refined.append(moved)
    return refined


def values_at(values: Values, rows: np.ndarray) -> Values:
    """Return the values of some rows, int `[rows]`."""
    return {stat: taken(column, rows) for stat, column in values.items()}


def pool_values(lines: Sequence[Line], pool: pa.Table) -> dict[str, Values]:
    """Return what each line decides on, the columns of all pool rows by the line's label.

    Raises:
        UserError: a stage has not measured yet, or a field cannot be read.
    """
    stored = {table: stored_values(table, pool["id"]) for table in stored_tables(lines)}

    def batch(stats: Sequence[dict[str, Any]]) -> Batch:
        return pool_batch(pool, stats=stats)

    return values_of_lines(lines, stored, batch, pool.num_rows)


def needs_rows(lines: Sequence[Line]) -> bool:
    """Whether a line asks for whole rows of the pool, and not for what a stage measured alone."""
    return any((line.reads_fields and not line.stored) or line.compared_fields for line in lines)


def stored_tables(lines: Sequence[Line]) -> list[str]:
    """Return the stats that lines take from the tables of stages, each once, in order."""
    # a set that keeps its order
    names: dict[str, None] = {}
    for line in lines:
        if line.stored:
            names[line.table] = None
        for _, table in line.measured_by:
            names[table] = None
    return list(names)


def values_of_lines(
    lines: Sequence[Line], stored: dict[str, Values], batch: BatchWithFields, rows: int
) -> dict[str, Values]:
    """Return what each line decides on, by its label.

    `stored` holds what stages measured, by stat. A line that reads fields without a stage of
    its own is measured here, since it may ask for what the lines before it measured; so are the
    fields that a selector compares.
    """
    values: dict[str, Values] = {}
    for position, line in enumerate(lines):
        paths = line.compared_fields
        if line.stored:
            values[line.label] = line.own_values(stored[line.table])
        elif line.measures:
            whole = batch(_stats_of_rows(lines[:position], values, rows))
            values[line.label] = measure_all(line.operator, line.measuring, whole, line.label, HERE)
        elif paths:
            whole = batch(_stats_of_rows(lines[:position], values, rows))
            values[line.label] = _compared(line, stored, whole)
        else:
            values[line.label] = {}
    return values


def _stats_of_rows(
    before: Sequence[Line], values: dict[str, Values], rows: int
) -> list[dict[str, Any]]:
    """Return what the filters before measured, one mapping a row, as `bettersynth run` has it."""
    stats: list[dict[str, Any]] = [{} for _ in range(rows)]
    for line in before:
        if line.kind != "filter":
            continue
        for stat, column in values[line.label].items():
            for known, value in zip(stats, python_values(column), strict=True):
                known[stat + line.stat_suffix] = value
    return stats


def _compared(line: Line, stored: dict[str, Values], whole: Batch) -> Values:
    """Return the columns that a selector compares, by path."""
    tables = dict(line.measured_by)
    columns: Values = {}
    for path in line.compared_fields:
        if path in tables:
            stat = path.partition(".")[2]
            columns[path] = python_values(stored[tables[path]][stat])
            continue
        try:
            columns[path] = field_column(whole.rows, path)
        except BadSample as error:
            raise UserError(f"{line.label}: {error.reason}") from None
    return columns
