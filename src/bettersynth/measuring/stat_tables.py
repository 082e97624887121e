"""The pool as operators see it, and stats between lists of values and parquet columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.files.reading import read_table
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.batch import Batch, ImageFacts, Images
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values

SAMPLES = Path("data/pool/samples.parquet")
POOL_IMAGES = Path("data/pool/images.zip")
STATS = Path("data/stats")


def read_pool() -> pa.Table:
    """Return the rows of `samples.parquet` that stage 1 may use (split `pool`), in order.

    Raises:
        UserError: the table does not exist or holds no such row.
    """
    if not SAMPLES.exists():
        raise UserError(f"{SAMPLES} does not exist; run `snakemake --cores all {SAMPLES}`")
    table = read_table(SAMPLES)
    table = table.filter(pc.equal(table["split"], "pool"))
    if not table.num_rows:
        raise UserError(f"{SAMPLES} holds no sample of the split pool")
    return table


def batch_of(table: pa.Table, texts: Sequence[str] | None = None) -> Batch:
    """Return the rows of a sample table as one batch that knows each picture's hash, size and phash; `texts` replaces the captions."""
    columns = table.select(
        ["images", "image_sha256", "width", "height", "size_bytes", "phash"]
    ).to_pydict()
    facts: dict[str, ImageFacts] = {}
    for names, *values in zip(*columns.values(), strict=True):
        facts.update({name: ImageFacts(*fact) for name, *fact in zip(names, *values, strict=True)})
    pictures = Images(ImageStore(POOL_IMAGES).read, facts)
    return Batch(table["text"].to_pylist() if texts is None else texts, columns["images"], pictures)


def column_of(values: Sequence[Any]) -> pa.Array:
    """Return values of one stat as a column: string, bool, int64 or float64, or lists of those (list[float64] where all are empty)."""
    lists = any(isinstance(value, list) for value in values)
    items = [
        item for value in values if value is not None for item in (value if lists else [value])
    ]
    if any(isinstance(item, str) for item in items):
        kind = pa.string()
    elif items and all(isinstance(item, bool) for item in items):
        kind = pa.bool_()
    elif items and all(isinstance(item, int) for item in items):
        kind = pa.int64()
    else:
        kind = pa.float64()
    return pa.array(values, pa.list_(kind) if lists else kind)


def values_table(keys: dict[str, Sequence[Any]], values: Values) -> pa.Table:
    """Return the columns that say which row it is, and one column a stat."""
    return pa.table({**keys, **{stat: column_of(column) for stat, column in values.items()}})


def read_values(operator: str, ids: Sequence[str]) -> Values:
    """Return the stats of `operator` for all pool rows.

    Raises:
        UserError: not measured yet, or measured on another pool.
    """
    path = STATS / f"{operator}.parquet"
    if not path.exists():
        raise UserError(
            f"{path} does not exist; run `python -m bettersynth.steps.stats {operator}`"
        )
    table = read_table(path)
    if table["id"].to_pylist() != list(ids):
        raise UserError(
            f"{path} belongs to another pool; run `python -m bettersynth.steps.stats {operator}`"
        )
    return {name: table[name].to_pylist() for name in table.column_names if name != "id"}
