"""New captions of pool samples: `data/caption/candidates.parquet`.

One row a caption, in the order of the pool and of its candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.column_rows import rows_of_ids
from bettersynth.errors import UserError

CANDIDATES = Path("data/caption/candidates.parquet")
CANDIDATES_SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # of the pool sample
        ("candidate", pa.int32()),  # its number among the captions of the sample, from 0 on
        ("text", pa.string()),  # in Data-Juicer's form
        ("captioner", pa.string()),
        ("prompt", pa.string()),
        ("seed", pa.int64()),
    ]
)


def write_candidates(rows: Sequence[dict[str, Any]]) -> None:
    """Write the table; each row names every column of `CANDIDATES_SCHEMA`."""
    write_table(CANDIDATES, pa.Table.from_pylist(list(rows), schema=CANDIDATES_SCHEMA))


def read_candidates(pool: pa.ChunkedArray) -> pa.Table:
    """Return the table; `pool` are the ids of the pool, which all its captions must belong to.

    Raises:
        UserError: it does not exist, or holds a caption of another pool.
    """
    try:
        table = read_table(CANDIDATES)
    except FileNotFoundError:
        raise UserError(
            f"{CANDIDATES} does not exist; run `snakemake --cores all {CANDIDATES}`"
        ) from None
    strangers = np.flatnonzero(rows_of_ids(pool, table["id"]) < 0)
    if len(strangers):
        first = table["id"][strangers[0]].as_py()
        raise UserError(
            f"{CANDIDATES}: {first} is not in the pool; run `python -m bettersynth.steps.caption`"
        )
    return table
