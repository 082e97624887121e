"""New versions of samples, by the pool row that they stand for: new captions and new pictures, with
their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.data.tables.drawn import DRAWN_IMAGES, drawn_samples, read_drawn
from bettersynth.data.tables.new_versions import read_new_versions
from bettersynth.data.tables.restats import read_restats
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.data.tables.value_columns import python_values, taken
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import needs_rows, values_of_lines


@dataclass
class Candidates:
    """New captions and pictures, and what was measured of them; every list has one entry a version.

    A version's position is its place in these lists; `of_row` holds the positions of the versions
    of each pool row that has any. `lines` holds what each line of the recipe decides on, by its
    label: the version's own values where they depend on what is new, else those of its sample.
    """

    captioner: list[str] = field(default_factory=list)  # of a picture the operator that drew it
    candidate: list[int] = field(default_factory=list)  # number among the versions of its sample
    text: list[str] = field(default_factory=list)
    image: list[str] = field(default_factory=list)  # name of its new picture, "" if none
    values: Values = field(default_factory=dict)
    lines: dict[str, Values] = field(default_factory=dict)
    of_row: dict[int, list[int]] = field(default_factory=dict)

    def rows(self) -> np.ndarray:
        """Return the pool row of each version, int64 `[versions]`."""
        rows = np.zeros(len(self.text), dtype=np.int64)
        for row, positions in self.of_row.items():
            rows[positions] = row
        return rows

    def rows_with(self, pictures: bool) -> int:
        """Return how many pool rows have a new caption, or a new picture."""
        wanted = [bool(name) == pictures for name in self.image]
        return len({int(row) for row, one in zip(self.rows(), wanted, strict=True) if one})


def read_new_captions(
    pool: pa.Table, lines: Sequence[Line], pool_values: dict[str, Values]
) -> Candidates:
    """Return the new versions of the pool; `pool_values` is what `lines` decide on for the pool.

    Raises:
        UserError: versions or their values are missing, or do not belong together.
    """
    ids = pool["id"].to_pylist()
    try:
        versions = read_new_versions(ids)
        values = read_restats(versions)
        drawn = read_drawn(ids)
    except UserError as error:
        raise UserError(f"{error}, or set mix.exchange=false") from None
    of_row: dict[int, list[int]] = {}
    # in Arrow: a dictionary of all ids would be most of what this takes
    places = pc.index_in(versions["id"], value_set=pool["id"].combine_chunks())
    for position, row in enumerate(places.to_pylist()):
        of_row.setdefault(row, []).append(position)
    pictures = [names[0] for names in drawn["images"].to_pylist()]
    captions = versions.num_rows - drawn.num_rows
    candidates = Candidates(
        versions["maker"].to_pylist(),
        versions["candidate"].to_pylist(),
        versions["text"].to_pylist(),
        [""] * captions + pictures,
        values,
        of_row=of_row,
    )
    if drawn.num_rows:
        _fill_from_pool(candidates, lines, pool_values)
    # rows are put together where a line asks for more than stored stats
    samples = _as_samples(candidates, pool, drawn) if needs_rows(lines) else None
    candidates.lines = _values_of_lines(candidates, samples, lines, pool_values)
    return candidates


def _fill_from_pool(
    candidates: Candidates, lines: Sequence[Line], pool_values: dict[str, Values]
) -> None:
    """Put the sample's own value where a stat was measured of new pictures alone."""
    rows = candidates.rows()
    for line in lines:
        if not line.stored:
            continue
        for stat, column in pool_values[line.label].items():
            own = candidates.values.get(stat + line.stat_suffix, [])
            missing = [position for position, value in enumerate(own) if value is None]
            of_samples = python_values(taken(column, rows[missing]))
            for position, value in zip(missing, of_samples, strict=True):
                own[position] = value


def _as_samples(candidates: Candidates, pool: pa.Table, drawn: pa.Table) -> pa.Table:
    """Return the versions as rows of the sample table."""
    captions = len(candidates.text) - drawn.num_rows
    described = pool.take(pa.array(candidates.rows()[:captions]))
    place = pool.schema.get_field_index("text")
    texts = pa.array(candidates.text[:captions], pa.string())
    described = described.set_column(place, pool.schema.field(place), texts)
    if not drawn.num_rows:
        return described
    return pa.concat_tables([described, drawn_samples(pool, drawn)])


def _values_of_lines(
    candidates: Candidates,
    samples: pa.Table | None,
    lines: Sequence[Line],
    pool_values: dict[str, Values],
) -> dict[str, Values]:
    """Return what each line decides on for each version, by the line's label."""
    rows = candidates.rows()
    # what a selector compares is the pool's alone: it never looks at a new version
    deciding = [line for line in lines if line.kind != "selector" or line.measures]
    stored: dict[str, Values] = {}
    for line in deciding:
        if not line.stored or line.table in stored:
            continue
        merged: Values = {}
        for stat, column in pool_values[line.label].items():
            # measured of the new version where it depends on what is new, else the sample's own
            name = stat + line.stat_suffix
            own = candidates.values.get(name)
            merged[name] = own if own is not None else taken(column, rows)
        stored[line.table] = merged
    zips = [POOL_IMAGES, DRAWN_IMAGES] if any(candidates.image) else [POOL_IMAGES]

    def batch(stats: Sequence[dict[str, object]]) -> Batch:
        return pool_batch(samples, stats=stats, zips=zips)

    return values_of_lines(deciding, stored, batch, len(rows))
