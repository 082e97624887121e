"""New pictures of pool samples: `data/draw/`.

- `samples.parquet`: one row a picture, in the order of the pool and of its pictures
- `images/`: the pictures
- `features/`: what nano's towers see of them; without rows where towers lie in folders of their own
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.column_rows import rows_of_ids, take_table
from bettersynth.data.tables.made_files import read_made_table
from bettersynth.errors import UserError

DRAW = Path("data/draw")
DRAWN = DRAW / "samples.parquet"
DRAWN_IMAGES = DRAW / "images"
# captions have numbers below: caption.caption_num is at most 1,000
FIRST_DRAWN = 1000
DRAWN_SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # of the pool sample
        ("candidate", pa.int32()),  # its number among those of the sample, from FIRST_DRAWN on
        ("text", pa.string()),  # in Data-Juicer's form
        ("images", pa.list_(pa.string())),  # one name in images/
        ("image_sha256", pa.list_(pa.string())),
        ("width", pa.list_(pa.int32())),  # pixels
        ("height", pa.list_(pa.int32())),
        ("size_bytes", pa.list_(pa.int64())),
        ("phash", pa.list_(pa.string())),
        ("mapper", pa.string()),  # the operator that drew it
        ("model", pa.string()),
        ("model_hash", pa.string()),  # of its files
        ("prompt", pa.string()),
        ("seed", pa.int64()),
    ]
)
# what a drawn sample has of its own; all else is the pool sample's
OWN_COLUMNS = ("text", "images", "image_sha256", "width", "height", "size_bytes", "phash")


def write_drawn(rows: Sequence[dict[str, Any]]) -> None:
    """Write the table; each row names every column of `DRAWN_SCHEMA`."""
    write_table(DRAWN, pa.Table.from_pylist(list(rows), schema=DRAWN_SCHEMA))


def read_drawn(pool: pa.ChunkedArray) -> pa.Table:
    """Return the table; `pool` are the ids of the pool, which all its pictures must belong to.

    Raises:
        UserError: it does not exist, or holds a picture of another pool.
    """
    table = read_made_table(DRAWN)
    strangers = table["id"].filter(pa.array(rows_of_ids(pool, table["id"]) < 0))
    if len(strangers):
        first = min(strangers.to_pylist())
        raise UserError(
            f"{DRAWN}: {first} is not in the pool; run `python -m bettersynth.steps.draw`"
        )
    return table


def drawn_samples(pool: pa.Table, drawn: pa.Table) -> pa.Table:
    """Return the drawn samples as rows of the sample table."""
    samples = take_table(pool, rows_of_ids(pool["id"], drawn["id"]))
    for name in OWN_COLUMNS:
        column = samples.schema.get_field_index(name)
        samples = samples.set_column(column, samples.schema.field(column), drawn[name])
    return samples


def version_name(candidate: int) -> str:
    """Return what a candidate of a sample is called in words."""
    if candidate >= FIRST_DRAWN:
        return f"new picture {candidate - FIRST_DRAWN}"
    return f"new caption {candidate}"
