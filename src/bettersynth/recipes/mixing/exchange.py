"""Exchanging captions and pictures: which new version comes into the place of which sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.column_rows import take_rows
from bettersynth.data.tables.value_columns import ValueColumn, joined, taken
from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.decisions import Decisions, decide
from bettersynth.recipes.filter_section import SIMILARITY, SIMILARITY_OPERATOR
from bettersynth.recipes.left_out import left_out
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.candidates import Candidates
from bettersynth.recipes.verdicts import verdicts
from bettersynth.settings.mix import NewCaptionsPass

DESCRIBED = "keep_original_sample"


def drop_described(decisions: Decisions, candidates: Candidates) -> None:
    """Drop the original caption of every sample that has new ones, by `keep_original_sample`."""
    described = candidates.rows_with(pictures=False)
    decisions.drop(described[decisions.kept[described]], DESCRIBED, "false")


def choose_captions(
    similarity_before: np.ndarray,
    candidates: Candidates,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
    ids: pa.ChunkedArray,
    threshold: float,
    beat_original: bool = True,
    must_pass: NewCaptionsPass = "all",
) -> np.ndarray:
    """Return the position in `candidates` of the new version of each row, int64 `[rows]`, -1 of
    rows that get none.

    A new caption or picture comes in if its similarity is above `threshold` and (with
    `beat_original`) above the original's (`similarity_before`, float64 `[rows]`), and every other
    rule of the recipe holds for it; of several, the one with the highest similarity. `must_pass:
    similarity` leaves the other rules out, `none` all of them, the threshold and the original's
    similarity too. What a control or a selector left out stays out, and so does what a deduplicator
    finds again. `values` is what the lines decide on for the pool, by label. Source: seed report
    004.

    Raises:
        UserError: the similarity of the new captions was not measured.
    """
    chosen = np.full(len(ids), -1)
    if not len(candidates):
        return chosen
    if SIMILARITY not in candidates.values:
        raise UserError(f"mix.exchange needs {SIMILARITY_OPERATOR} in the section stats")
    similarity = numbers_of(candidates.values[SIMILARITY])
    if must_pass == "none":
        passes = np.ones(len(similarity), dtype=bool)
    else:
        passes = similarity > threshold
    if must_pass == "all":
        passes &= _filters_hold(candidates, lines)
    passes &= ~decisions.rule.matching(left_out)[candidates.row]
    if beat_original and must_pass != "none":
        # not `>`: an original that was not measured is NaN, and every caption beats it
        passes &= ~(similarity <= similarity_before[candidates.row])
    for position in np.flatnonzero(passes):
        row = candidates.row[position]
        # of equal ones the first
        if chosen[row] < 0 or similarity[position] > similarity[chosen[row]]:
            chosen[row] = position
    chosen[_repeats(chosen, candidates, lines, values, decisions, ids)] = -1
    return chosen


def _filters_hold(candidates: Candidates, lines: Sequence[Line]) -> np.ndarray:
    """Return whether all filters keep a new caption, bool `[captions]`."""
    everyone = np.arange(len(candidates))
    holds = np.ones(len(everyone), dtype=bool)
    for line in lines:
        if line.kind == "filter":
            holds &= verdicts(line, candidates.lines[line.label], everyone)
    return holds


def _repeats(
    chosen: np.ndarray,
    candidates: Candidates,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
    ids: pa.ChunkedArray,
) -> np.ndarray:
    """Return the dropped rows that would come in with their new caption but repeat a sample.

    A deduplicator of the recipe says so, of a kept sample or of one that comes in before.
    """
    deduplicators = [line for line in lines if line.kind == "deduplicator"]
    kept = decisions.left
    coming_in = np.flatnonzero((chosen >= 0) & ~decisions.kept)
    # kept ones first: they stay
    rows = np.concatenate([kept, coming_in])
    shown: dict[str, Values] = {}
    for line in deduplicators:
        columns: Values = {}
        for stat, column in values[line.label].items():
            own = candidates.values.get(stat + line.stat_suffix)
            columns[stat] = _in_use(rows, column, own, chosen)
        shown[line.label] = columns
    flags = decide(deduplicators, shown, take_rows(ids, rows)).kept
    return coming_in[~flags[len(kept) :]]


def _in_use(
    rows: np.ndarray, column: ValueColumn, own: ValueColumn | None, chosen: np.ndarray
) -> ValueColumn:
    """Return the value of each row's caption in use: a new caption's `own`, if it has any."""
    if own is None:
        return taken(column, rows)
    new = chosen[rows]
    return taken(joined(column, own), np.where(new < 0, rows, len(column) + new))
