"""What the page shows of each stat: its distribution in the pool and in the training set, and the
rule's bounds.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.column_rows import rows_of_ids
from bettersynth.experiments.report import charts
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.bounds import number_of_bound
from bettersynth.recipes.lines import Line
from bettersynth.recipes.refine import ends_of
from bettersynth.recipes.stored_columns import quick_column, stored_values

QUARTERS = (0.25, 0.5, 0.75)
SIMILARITY = "image_text_similarity"
STAT_LABELS = {
    "image_text_similarity": "image-text similarity",
    "num_words": "words in the text",
    "text_len": "characters in the text",
    "alnum_ratio": "share of letters and digits",
    "aspect_ratios": "width / height",
    "image_width": "width, pixels",
    "image_height": "height, pixels",
    "image_sizes": "file size, bytes",
}


@dataclasses.dataclass(frozen=True)
class StatView:
    """One stat: its chart, and quartiles in the pool and in the training set.

    `new_text`: the training set's values are those of the text that is trained on.
    """

    name: str
    label: str
    chart: Any
    bounds: str
    before: list[str]
    after: list[str]
    new_text: bool


def stat_views(
    ids: pa.ChunkedArray,
    tables: Sequence[str],
    lines: Sequence[Line],
    decisions: pa.Table,
    restats: pa.Table | None,
) -> list[StatView]:
    """Return a view of every numeric column of the stats `tables`, similarity first.

    `after` are the samples in training with the text they are trained on: `restats` holds the
    values of new captions.
    """
    used = pc.not_equal(decisions["caption_source"], "").to_numpy()
    lines_by_table = {line.table: line for line in lines}
    new = _rows_with_new_text(ids, decisions, restats)
    any_new = bool(pc.any(pc.greater_equal(decisions["candidate"], 0)).as_py())
    views = []
    for table in tables:
        line = lines_by_table.get(table)
        for stat, column in stored_values(table, ids).items():
            before = numbers_of(column)
            # a stat of words, such as a language, has no distribution to draw; nor has infinity
            if not np.isfinite(before).any():
                continue
            after = before.copy()
            new_text = restats is not None and stat in restats.column_names and any_new
            if new_text:
                _put_new_values(after, restats[stat], new)
            known_before = before[np.isfinite(before)]
            known_after = after[used & np.isfinite(after)]
            views.append(_view(stat, known_before, known_after, line, new_text))
    return sorted(views, key=lambda view: (view.name != SIMILARITY, view.name))


def _rows_with_new_text(
    ids: pa.ChunkedArray, decisions: pa.Table, restats: pa.Table | None
) -> np.ndarray:
    """Return the row in the pool of each version that was measured anew and chosen, and which one
    it is of those measured, int64 `[2, versions]`.
    """
    if restats is None:
        return np.zeros((2, 0), dtype=np.int64)
    rows = rows_of_ids(ids, restats["id"])
    chosen = decisions["candidate"].to_numpy()[rows] == restats["candidate"].to_numpy()
    positions = np.flatnonzero(chosen & (rows >= 0))
    return np.stack([rows[positions], positions])


def _put_new_values(values: np.ndarray, column: pa.ChunkedArray, new: np.ndarray) -> None:
    """Overwrite `values [pool]` where a new caption was chosen with that caption's value.

    `column` holds a stat of all new captions, `new` the row and position of the chosen ones.
    """
    # a new caption has no value of its own where the picture decides
    known = column.is_valid().to_numpy().astype(bool)
    rows, positions = new[:, known[new[1]]]
    values[rows] = numbers_of(quick_column(column))[positions]


def bounds_of(line: Line, stat: str) -> list[float]:
    """Return the finite numbers between which `line` keeps values of the column `stat`."""
    bounds = set()
    for end in ends_of(line):
        if end.stat + line.suffix == stat:
            bounds.add(number_of_bound(line.deciding, end.setting))
    return sorted(bound for bound in bounds if math.isfinite(bound))


def label_of(stat: str) -> str:
    """Return what people call a stat; `#2` and `#NAME` stay behind it."""
    name, mark, rest = stat.partition("#")
    return STAT_LABELS.get(name, name.replace("_", " ")) + mark + rest


def _view(
    stat: str, before: np.ndarray, after: np.ndarray, line: Line | None, new_text: bool
) -> StatView:
    label = label_of(stat)
    bounds = bounds_of(line, stat) if line else []
    return StatView(
        name=stat,
        label=label,
        chart=charts.histogram(before, after, bounds, label),
        bounds=line.bounds if line else "no rule",
        before=_quartiles(before),
        after=_quartiles(after),
        new_text=new_text,
    )


def _quartiles(values: np.ndarray) -> list[str]:
    if not len(values):
        return ["-"] * len(QUARTERS)
    return [_shown(value) for value in np.quantile(values, QUARTERS)]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
