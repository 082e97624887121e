"""New captions with their values, by the pool row that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.data.tables.candidates import read_candidates
from bettersynth.data.tables.restats import read_restats
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import values_of_lines


@dataclass
class Candidates:
    """New captions and what was measured of them; every list has one entry a caption.

    A caption's position is its place in these lists; `of_row` holds the positions of the captions
    of each pool row that has any. `lines` holds what each line of the recipe decides on, by its
    label: the caption's own values where they depend on the text, else those of its picture.
    """

    captioner: list[str] = field(default_factory=list)
    candidate: list[int] = field(default_factory=list)  # number among the captions of its sample
    text: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)
    lines: dict[str, Values] = field(default_factory=dict)
    of_row: dict[int, list[int]] = field(default_factory=dict)

    def rows(self) -> np.ndarray:
        """Return the pool row of each caption, int64 `[captions]`."""
        rows = np.zeros(len(self.text), dtype=np.int64)
        for row, positions in self.of_row.items():
            rows[positions] = row
        return rows


def read_new_captions(
    pool: pa.Table, lines: Sequence[Line], pool_values: dict[str, Values]
) -> Candidates:
    """Return the new captions of the pool; `pool_values` is what `lines` decide on for the pool.

    Raises:
        UserError: captions or their values are missing, or do not belong together.
    """
    ids = pool["id"].to_pylist()
    try:
        table = read_candidates(ids)
        values = read_restats(table)
    except UserError as error:
        raise UserError(f"{error}, or set mix.exchange=false") from None
    row_of = {sample: row for row, sample in enumerate(ids)}
    of_row: dict[int, list[int]] = {}
    for position, sample in enumerate(table["id"].to_pylist()):
        of_row.setdefault(row_of[sample], []).append(position)
    candidates = Candidates(
        table["captioner"].to_pylist(),
        table["candidate"].to_pylist(),
        table["text"].to_pylist(),
        values,
        of_row=of_row,
    )
    candidates.lines = _values_of_lines(candidates, pool, lines, pool_values)
    return candidates


def _values_of_lines(
    candidates: Candidates,
    pool: pa.Table,
    lines: Sequence[Line],
    pool_values: dict[str, Values],
) -> dict[str, Values]:
    """Return what each line decides on for each caption, by the line's label."""
    rows = candidates.rows()
    # what a selector compares is the pool's alone: it never looks at a new caption
    deciding = [line for line in lines if line.kind != "selector" or line.measures]
    stored: dict[str, Values] = {}
    for line in deciding:
        if not line.stored or line.table in stored:
            continue
        merged: Values = {}
        for stat, column in pool_values[line.label].items():
            # measured of the new caption where it depends on the text, else the picture's own
            name = stat + line.stat_suffix
            own = candidates.values.get(name)
            merged[name] = own if own is not None else [column[row] for row in rows]
        stored[line.table] = merged

    def batch(stats: Sequence[dict[str, object]]) -> Batch:
        return pool_batch(pool.take(pa.array(rows)), candidates.text, stats)

    return values_of_lines(deciding, stored, batch, len(rows))
