"""The sample table, `data/pool/samples.parquet`: one row an image-text pair of any split.

Pictures are members of `data/pool/images.zip`; the lists of one row (`images`, `image_sha256`,
`width`, ...) are in the order of its image tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.made_files import read_made_table

POOL = Path("data/pool")
SAMPLES = POOL / "samples.parquet"
POOL_IMAGES = POOL / "images.zip"

# Of near-duplicates in two splits, the split that stands first keeps its copy.
SPLITS = ("benchmark", "instruction", "pool", "reference")

SAMPLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),  # in Data-Juicer's form: one image token a picture
        ("images", pa.list_(pa.string())),
        ("image_sha256", pa.list_(pa.string())),
        ("width", pa.list_(pa.int32())),  # pixels, upright
        ("height", pa.list_(pa.int32())),
        ("size_bytes", pa.list_(pa.int64())),  # of the file, as stored
        ("phash", pa.list_(pa.string())),  # 16 hex digits
        ("source", pa.string()),
        ("style", pa.string()),
        ("concept", pa.string()),  # "" where there is none
        ("group", pa.string()),
        ("split", pa.string()),
    ]
)


def read_samples(columns: list[str] | None = None) -> pa.Table:
    """Return the sample table, sorted by id, or some of its columns.

    Raises:
        UserError: the pool was not made, or the file is damaged.
    """
    return read_made_table(SAMPLES, columns)


def write_samples(rows: Sequence[dict[str, Any]]) -> None:
    """Write the sample table; each row names every column of `SAMPLE_SCHEMA`."""
    write_table(SAMPLES, pa.Table.from_pylist(list(rows), schema=SAMPLE_SCHEMA))
