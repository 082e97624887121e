"""The samples that stage 1 may use, and the batch that operators see of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.reading import column_names
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.batch import Batch, ImageFacts, Images
from bettersynth.data.samples.sample_rows import RowForm, batch_of_rows
from bettersynth.data.tables.rewritten import read_rewritten, with_rewritten
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES, read_samples
from bettersynth.errors import UserError

# as `ImageFacts` takes them
FACTS = ("image_sha256", "width", "height", "size_bytes", "phash")


def read_pool(columns: Collection[str] = ()) -> pa.Table:
    """Return the rows of the sample table that stage 1 may use (split `pool`), in order, with the
    texts that the stage `rewrite` left; all columns, or those of `columns` that the table has.

    Raises:
        UserError: the table does not exist or holds no such row, or the stage has not run on it.
    """
    pool = read_stored_pool(columns)
    if "text" not in pool.column_names:
        return pool
    return with_rewritten(pool, read_rewritten())


def read_stored_pool(columns: Collection[str] = ()) -> pa.Table:
    """Return the rows of `read_pool` as the pool stage wrote them.

    Raises:
        UserError: the table does not exist or holds no such row.
    """
    table = read_samples(_known(columns) if columns else None, "pool")
    if not table.num_rows:
        raise UserError(f"{SAMPLES} holds no sample of the split pool")
    return table


def _known(columns: Collection[str]) -> list[str]:
    """Return those of `columns` that the sample table has, in its order."""
    # a pool of one source lacks some; without a table `read_samples` says what to do
    known = column_names(SAMPLES) if SAMPLES.exists() else list(columns)
    return [name for name in known if name in columns]


def pool_batch(
    table: pa.Table,
    texts: Sequence[str] | None = None,
    stats: Sequence[dict[str, Any]] | None = None,
    image_folders: Sequence[Path] = (POOL_IMAGES,),
) -> Batch:
    """Return rows of the sample table as one batch; `texts` stand in the place of their captions.

    `image_folders` hold the pictures.
    `stats`, one mapping a row, is given where an operator reads fields, as in `batch_of_rows`.
    """
    columns = table if stats is not None else table.select(["text", "images"])
    rows = columns.to_pylist()
    if texts is not None:
        rows = [{**row, "text": text} for row, text in zip(rows, texts, strict=True)]
    return batch_of_rows(
        rows, pool_pictures(table, image_folders), RowForm(), stats, SAMPLES.suffix
    )


def pool_pictures(table: pa.Table, image_folders: Sequence[Path] = (POOL_IMAGES,)) -> Images:
    """Return the pictures of the rows; hashes, sizes and phashes are known without decoding."""
    facts: dict[str, ImageFacts] = {}
    for row in table.select(["images", *FACTS]).to_pylist():
        for name, *known in zip(row["images"], *(row[fact] for fact in FACTS), strict=True):
            facts[name] = ImageFacts(*known)
    return Images(ImageStore(*image_folders).read, facts)
