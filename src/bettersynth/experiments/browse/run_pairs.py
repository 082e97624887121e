"""The data set of a recipe file as pairs to look at: what its filters measure of every row, and
which of them drops it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.stats import columns_of
from bettersynth.errors import warn
from bettersynth.experiments.browse.pairs import Pairs, captions_of
from bettersynth.recipes.analysis import Analysis
from bettersynth.recipes.moved_run import MovableRun, read_movable_run


def read_run_pairs(path: Path) -> Pairs:
    """Return the rows of the data set of the recipe at `path`; its filters measure them first.

    Raises:
        UserError: as `read_movable_run`.
    """
    movable, analysis = read_movable_run(path)
    if movable.passed_over:
        names = ", ".join(movable.passed_over)
        warn(f"only filters are looked at; left out: {names}")
    if analysis.rejected:
        warn(f"{analysis.rejected:,} rows could not be measured and are left out")
    ids = pa.chunked_array([pa.array(analysis.ids, pa.string())])
    # half a surrogate pair is no text
    texts = [text.encode(errors="replace").decode() for text in analysis.texts]
    columns = {"id": ids, "caption": captions_of(pa.chunked_array([pa.array(texts, pa.string())]))}
    columns |= _outcomes(movable)
    for stat, column in columns_of(analysis.stats).items():
        columns[stat] = pa.chunked_array([column])
    return Pairs(
        name=str(path),
        read=lambda _: None,
        params={},
        pool=pa.table({"id": ids, "images": pa.array(analysis.pictures, pa.list_(pa.string()))}),
        columns=columns,
        candidates=None,
        picture=analysis.read,
        history=lambda row: _history(movable, analysis, row),
        recipe=lambda: movable,
    )


def _outcomes(movable: MovableRun) -> dict[str, pa.ChunkedArray]:
    """Return the columns `kept` and `rule`, the label of the filter that drops a row."""
    survival = movable.survival(movable.lines)
    rules = np.full(movable.rows, "", dtype=object)
    for position, line in enumerate(movable.lines):
        rules[survival.dropped_by(position)] = line.label
    return {
        "kept": pa.chunked_array([pa.array(survival.kept)]),
        "rule": pa.chunked_array([pa.array(rules, pa.string())]),
    }


def _history(movable: MovableRun, analysis: Analysis, row: int) -> str:
    """Return what each filter alone says of a row, a line each."""
    lines = [analysis.ids[row]]
    for line in movable.lines:
        verdict = "keeps" if movable.keeps_alone(line)[row] else "drops"
        values: list[str] = []
        for stat in analysis.values_of(line):
            values.append(f"{stat} {_shown(analysis.stats[stat + line.suffix][row])}")
        lines.append(f"  {verdict}  {line.label}: {', '.join(values)} ({line.bounds})")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    return ", ".join(f"{item:.4g}" if isinstance(item, float) else str(item) for item in items)
