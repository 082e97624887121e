"""Exchanging captions and pictures: which new version comes into the place of which sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bettersynth.data.tables.value_columns import ValueColumn, python_values, taken
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
    for row, positions in candidates.of_row.items():
        described = any(not candidates.image[position] for position in positions)
        if described and decisions.kept[row]:
            decisions.drop(row, DESCRIBED, "false")


def choose_captions(
    similarity_before: np.ndarray,
    candidates: Candidates,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
    ids: Sequence[str],
    threshold: float,
    beat_original: bool = True,
    must_pass: NewCaptionsPass = "all",
) -> dict[int, int]:
    """Return the position in `candidates` of the new version of each row that gets one.

    A new caption or picture comes in if its similarity is above `threshold` and (with
    `beat_original`) above the original's (`similarity_before`, float64 `[rows]`), and every other
    rule of the recipe holds for it; of several, the one with the highest similarity. `must_pass:
    similarity` leaves the other rules out, `none` all of them, the threshold and the original's
    similarity too. What a control or a selector left out stays out, and so does what a deduplicator
    finds again. `values` is what the lines decide on for the pool, by label. Source: seed report
    004.
    """
    if not candidates.text:
        return {}
    if SIMILARITY not in candidates.values:
        raise UserError(f"mix.exchange needs {SIMILARITY_OPERATOR} in the section stats")
    similarity = numbers_of(candidates.values[SIMILARITY])
    if must_pass == "none":
        passes = np.ones(len(similarity), dtype=bool)
    else:
        passes = similarity > threshold
    if must_pass == "all":
        passes &= _filters_hold(candidates, lines)
    compared = beat_original and must_pass != "none"
    chosen: dict[int, int] = {}
    for row, positions in candidates.of_row.items():
        if left_out(decisions.rule[row]):
            continue
        before = similarity_before[row] if compared else -np.inf
        # not `>`: an original that was not measured is NaN, and every caption beats it
        better = []
        for position in positions:
            if passes[position] and not similarity[position] <= before:
                better.append(position)
        if better:
            # of equal ones the first
            chosen[row] = max(better, key=lambda position: (similarity[position], -position))
    for row in _repeats(chosen, candidates, lines, values, decisions, ids):
        del chosen[row]
    return chosen


def _filters_hold(candidates: Candidates, lines: Sequence[Line]) -> np.ndarray:
    """Return whether all filters keep a new caption, bool `[captions]`."""
    everyone = np.arange(len(candidates.text))
    holds = np.ones(len(everyone), dtype=bool)
    for line in lines:
        if line.kind == "filter":
            holds &= verdicts(line, candidates.lines[line.label], everyone)
    return holds


def _repeats(
    chosen: Mapping[int, int],
    candidates: Candidates,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
    ids: Sequence[str],
) -> list[int]:
    """Return the dropped rows that would come in with their new caption but repeat a sample.

    A deduplicator of the recipe says so, of a kept sample or of one that comes in before.
    """
    deduplicators = [line for line in lines if line.kind == "deduplicator"]
    kept = decisions.left.tolist()
    coming_in = sorted(row for row in chosen if not decisions.kept[row])
    # kept ones first: they stay
    rows = [*kept, *coming_in]
    shown: dict[str, Values] = {}
    for line in deduplicators:
        columns: Values = {}
        for stat, column in values[line.label].items():
            own = candidates.values.get(stat + line.stat_suffix)
            columns[stat] = _in_use(rows, column, own, chosen)
        shown[line.label] = columns
    flags = decide(deduplicators, shown, [ids[row] for row in rows]).kept
    stays = flags[len(kept) :]
    return [row for row, keeps in zip(coming_in, stays, strict=True) if not keeps]


def _in_use(
    rows: Sequence[int],
    column: ValueColumn,
    own: ValueColumn | None,
    chosen: Mapping[int, int],
) -> list[object]:
    """Return the value of each row's caption in use: a new caption's `own`, if it has any."""
    values = python_values(taken(column, np.array(rows, dtype=np.int64)))
    if own is not None:
        for place, row in enumerate(rows):
            if row in chosen:
                values[place] = own[chosen[row]]
    return values
