"""Why each pool sample is trained on or not: values, the verdict of each rule, the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.drawn import version_name
from bettersynth.data.tables.stats import column_of
from bettersynth.measuring.protocols import EMBEDDING, Values
from bettersynth.recipes.decisions import Decisions
from bettersynth.recipes.left_out import CONTAMINATION
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.candidates import Candidates
from bettersynth.recipes.mixing.mixture import Mix
from bettersynth.recipes.verdicts import verdicts

REASONS_AT_ONCE = 100_000
NOT_JUDGED = "taken as it is, since its source is not judged"


def decision_table(
    mix: Mix,
    decisions: Decisions,
    drawn: bool,
    lines: Sequence[Line],
    values: dict[str, Values],
    candidates: Candidates,
) -> pa.Table:
    """Return one row a pool sample.

    It holds the decision, each rule's values and verdict on the original caption, and the reason
    in words. `drawn` says that the random control chose. `values` is what the lines decide on, by
    label.
    """
    used = decisions.kept | mix.exchanged
    # verdicts are of every row: what a rule says of one that another dropped first, too
    everyone = np.arange(len(mix.ids))
    tried = np.bincount(candidates.rows(), minlength=len(mix.ids))
    sources = [source if flag else "" for source, flag in zip(mix.source, used, strict=True)]
    columns: dict[str, Any] = {
        "id": mix.ids,
        "kept": decisions.kept,
        "rule": decisions.rule,
        "caption_source": sources,
        "candidate": pa.array(mix.candidate, pa.int32()),
        "candidates_tried": pa.array(tried, pa.int32()),
        "similarity_before": pa.array(mix.similarity_before, pa.float64()),
        "similarity": pa.array(mix.similarity, pa.float64()),
        "weight": pa.array(mix.weight, pa.int32()),
        "reason": _reasons(mix, decisions, drawn, used, tried, any(candidates.image)),
    }
    for line in lines:
        if not line.measures:
            continue
        for stat, column in values[line.label].items():
            if not _too_long(line, stat):
                columns.setdefault(stat + line.suffix, column_of(column))
        columns[f"{line.label} keeps"] = verdicts(line, values[line.label], everyone)
    return pa.table(columns)


def _reasons(
    mix: Mix,
    decisions: Decisions,
    drawn: bool,
    used: np.ndarray,
    tried: Sequence[int],
    any_picture: bool,
) -> pa.Array:
    """Return the reason of each row in words; `tried` counts its new versions."""
    versions = "new captions and pictures" if any_picture else "new captions"
    parts: list[pa.Array] = []
    # part by part: as Python's text all of them would take three times the memory
    for start in range(0, len(mix.ids), REASONS_AT_ONCE):
        reasons: list[str] = []
        for row in range(start, min(start + REASONS_AT_ONCE, len(mix.ids))):
            judged = decisions.judged is None or decisions.judged[row]
            if decisions.rule[row] == CONTAMINATION:
                reasons.append(f"dropped by {_dropped_by(decisions, row)}")
            elif not judged:
                reasons.append(f"{NOT_JUDGED}; visited {mix.weight[row]} times")
            elif drawn:
                reasons.append(_reason_of_draw(mix, row, used[row]))
            else:
                reasons.append(_reason(mix, row, used[row], decisions, f"{tried[row]} {versions}"))
        parts.append(pa.array(reasons, pa.string()))
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def _too_long(line: Line, stat: str) -> bool:
    """Whether a value is hundreds of characters, which tell a reader nothing: an embedding, or
    the signature that a near-duplicate is found by. They stay in the table of the stat.
    """
    signature = hasattr(line.operator, "compact") and stat == line.operator.STATS[0]
    return signature or stat == EMBEDDING


def mix_table(mix: Mix, used: np.ndarray) -> pa.Table:
    """Return one row a sample in training; `used` is bool `[rows]`."""
    rows = np.flatnonzero(used)
    columns: dict[str, Any] = {
        "id": [mix.ids[row] for row in rows],
        "caption_source": [mix.source[row] for row in rows],
        "candidate": pa.array(mix.candidate[rows], pa.int32()),
        "weight": pa.array(mix.weight[rows], pa.int32()),
    }
    return pa.table(columns)


def _reason_of_draw(mix: Mix, row: int, used: bool) -> str:
    if not used:
        return "not drawn by the random control"
    caption = "its own caption"
    if mix.exchanged[row]:
        caption = f"{version_name(mix.candidate[row])} of {mix.source[row]}"
    return f"drawn by the random control, with {caption}; visited {mix.weight[row]} times"


def _reason(mix: Mix, row: int, used: bool, decisions: Decisions, tried: str) -> str:
    """Return the reason in words; `tried` counts the new versions of the sample."""
    why = _dropped_by(decisions, row)
    visits = f"visited {mix.weight[row]} times"
    if mix.exchanged[row]:
        how = f"{version_name(mix.candidate[row])} of {mix.source[row]}"
        moved = f"similarity {mix.similarity_before[row]:.3f} to {mix.similarity[row]:.3f}"
        after = f"after {why} dropped the original" if why else "better than the original"
        return f"{how}, {moved}, {after}; {visits}"
    if used:
        return f"kept by every rule; {visits}"
    none_passed = "" if tried.startswith("0 ") else f"; none of {tried} passed"
    return f"dropped by {why}{none_passed}"


def _dropped_by(decisions: Decisions, row: int) -> str:
    """Return the rule that dropped a row's original, with its value and bounds; "" if none did."""
    if not decisions.rule[row]:
        return ""
    value = decisions.value[row]
    shown = "" if np.isnan(value) else f"{value:.4g}; "
    return f"{decisions.rule[row]} ({shown}{decisions.bound[row]})"
