"""Rows that have no value for a line: they are counted, since a bound says nothing about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.measuring.protocols import Made, Values
from bettersynth.recipes.engine.needed_fields import line_reads
from bettersynth.recipes.lines import Line

Row = dict[str, Any]
# positions of rows, by what they lack and what came of it, in words
Lacking = dict[str, list[int]]


def passed_unmeasured(
    line: Line, rows: Sequence[Row], form: RowForm, values: Values, kept: np.ndarray
) -> Lacking:
    """Return the rows that a line kept (bool `[rows]`) without a value.

    `form` holds the keys that the line reads. A text that is not there counts as an empty one.
    """
    reads = line_reads(line)
    lacking: Lacking = {}
    if "text" in reads:
        absent = [at for at, row in enumerate(rows) if row.get(form.text_key) is None]
        if absent:
            lacking["without a text counted as empty"] = absent
    for position in _empty_values(line, values):
        if kept[position]:
            what = f"{_lacks(rows[position], form, reads)} passed unmeasured"
            lacking.setdefault(what, []).append(position)
    return lacking


def _empty_values(line: Line, values: Values) -> list[int]:
    """Return where a line measured nothing: an empty list, or "" in the place of a hash."""
    column = next(iter(values.values()), [])
    kinds = (list, str) if line.sees_all else (list,)
    # All values of a stat are of one kind; a field of the user's choice holds any
    if line.operator.STATS and not isinstance(next(iter(column), None), kinds):
        return []
    positions: list[int] = []
    for position, value in enumerate(column):
        if not value and isinstance(value, kinds):
            positions.append(position)
    return positions


def nothing_made(
    line: Line,
    rows: Sequence[Row],
    form: RowForm,
    made: Sequence[Sequence[Made]],
    bad: dict[int, str],
) -> Lacking:
    """Return the rows of which a mapper made nothing new; `made` holds what it made of each.

    Rows in `bad` are set aside and do not count.
    """
    reads = line_reads(line)
    lacking: Lacking = {}
    for position, (row, new) in enumerate(zip(rows, made, strict=True)):
        before = Made(row.get(form.text_key) or "", list(row.get(form.image_key) or []))
        # a text that needs no cut lacks nothing
        words_alone = reads == ("text",) and before.text
        if position not in bad and not words_alone and all(sample == before for sample in new):
            what = f"{_lacks(row, form, reads)} got nothing new".strip()
            lacking.setdefault(what, []).append(position)
    return lacking


def _lacks(row: Row, form: RowForm, reads: Sequence[str]) -> str:
    """Return what a row lacks of what a line reads, "" if that is not the reason."""
    if "images" not in reads:
        return "without a value"
    if not row.get(form.image_key):
        return "without a picture"
    if "text" in reads and form.tokens.image not in (row.get(form.text_key) or ""):
        return "without an image token"
    return ""
