"""Which captions of the pool were swapped for those of others: `data/pool/planted.parquet`.

No recipe reads it: it is the truth that filters are judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.made_files import read_made_table
from bettersynth.data.tables.samples import POOL

PLANTED = POOL / "planted.parquet"
PLANTED_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("planted", pa.bool_()),
        ("original_text", pa.string()),
        ("donor_id", pa.string()),  # whose caption it carries; "" where it is its own
    ]
)


def read_planted(columns: list[str] | None = None) -> pa.Table:
    """Return one row for each pair of the pool, or some of its columns."""
    return read_made_table(PLANTED, columns)


def write_planted(rows: Sequence[dict[str, Any]]) -> None:
    """Write the table; each row names every column of `PLANTED_SCHEMA`."""
    write_table(PLANTED, pa.Table.from_pylist(list(rows), schema=PLANTED_SCHEMA))
