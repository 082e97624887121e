"""New versions of samples, by the pool row that they stand for: new captions and new pictures, with
their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.data.tables.column_rows import rows_of_ids, take_rows, take_table
from bettersynth.data.tables.drawn import DRAWN_IMAGES, drawn_samples, read_drawn
from bettersynth.data.tables.new_versions import read_new_versions
from bettersynth.data.tables.restats import read_restats
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.data.tables.stats import column_of
from bettersynth.data.tables.value_columns import ArrowColumn, ValueColumn, taken
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import needs_rows, values_of_lines
from bettersynth.recipes.stored_columns import quick_column


def _no_texts() -> pa.ChunkedArray:
    return pa.chunked_array([], pa.string())


def _no_numbers() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Candidates:
    """New captions and pictures, and what was measured of them; every column has one entry a
    version.

    `row` is the row in the pool of the sample that a version is of. `lines` holds what each line
    of the recipe decides on, by its label: the version's own values where they depend on what is
    new, else those of its sample.
    """

    row: np.ndarray = field(default_factory=_no_numbers)  # int64 [versions]
    # of a picture the operator that drew it
    captioner: pa.ChunkedArray = field(default_factory=_no_texts)
    # int [versions], number among the versions of its sample
    candidate: np.ndarray = field(default_factory=_no_numbers)
    text: pa.ChunkedArray = field(default_factory=_no_texts)
    # name of its new picture, "" if none
    image: pa.ChunkedArray = field(default_factory=_no_texts)
    values: Values = field(default_factory=dict)
    lines: dict[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def drawn(self) -> np.ndarray:
        """Which versions have a new picture, bool `[versions]`."""
        return pc.not_equal(self.image, "").to_numpy().astype(bool)

    def rows_with(self, pictures: bool) -> np.ndarray:
        """Return the pool rows with a new caption, or a new picture: int `[found]`, ascending."""
        return np.unique(self.row[self.drawn == pictures])


def read_new_captions(
    pool: pa.Table, lines: Sequence[Line], pool_values: dict[str, Values]
) -> Candidates:
    """Return the new versions of the pool; `pool_values` is what `lines` decide on for the pool.

    Raises:
        UserError: versions or their values are missing, or do not belong together.
    """
    ids = pool["id"]
    try:
        versions = read_new_versions(ids)
        values = read_restats(versions)
        drawn = read_drawn(ids)
    except UserError as error:
        raise UserError(f"{error}, or set mix.exchange=false") from None
    # each drawn version has one picture
    pictures = pc.list_flatten(drawn["images"])
    no_pictures = pa.repeat("", versions.num_rows - drawn.num_rows)
    candidates = Candidates(
        rows_of_ids(ids, versions["id"]),
        versions["maker"],
        versions["candidate"].to_numpy(),
        versions["text"],
        pa.chunked_array([no_pictures, *pictures.chunks], pa.string()),
        {stat: quick_column(values[stat]) for stat in values.column_names},
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
    for line in lines:
        if not line.stored:
            continue
        for stat, column in pool_values[line.label].items():
            name = stat + line.stat_suffix
            own = candidates.values.get(name)
            # what lacks a value somewhere is such a column
            if isinstance(own, ArrowColumn):
                candidates.values[name] = _filled(own, taken(column, candidates.row))


def _filled(own: ArrowColumn, of_samples: ValueColumn) -> ValueColumn:
    """Return `own` values, and where there is none the one of the sample."""
    missing = own.column.is_null().to_numpy().astype(bool)
    if missing.all() or not missing.any():
        return of_samples if missing.any() else own
    rows = np.flatnonzero(missing)
    filler = pa.chunked_array([column_of(taken(of_samples, rows))]).cast(own.column.type)
    source = np.arange(len(own))
    source[rows] = len(own) + np.arange(len(rows))
    both = pa.chunked_array([*own.column.chunks, *filler.chunks])
    return quick_column(take_rows(both, source))


def _as_samples(candidates: Candidates, pool: pa.Table, drawn: pa.Table) -> pa.Table:
    """Return the versions as rows of the sample table."""
    captions = len(candidates) - drawn.num_rows
    described = take_table(pool, candidates.row[:captions])
    place = pool.schema.get_field_index("text")
    texts = candidates.text.slice(0, captions)
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
    rows = candidates.row
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
    image_folders = [POOL_IMAGES, DRAWN_IMAGES] if candidates.drawn.any() else [POOL_IMAGES]

    def batch(stats: Sequence[dict[str, object]]) -> Batch:
        return pool_batch(samples, stats=stats, image_folders=image_folders)

    return values_of_lines(deciding, stored, batch, len(rows))
