"""The sample table, `data/pool/samples.parquet`: one row an image-text pair of any split.

Pictures lie in `data/pool/images`, by name; the lists of one row (`images`, `image_sha256`,
`width`, ...) are in the order of its image tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.parquet_files import ALL_ROWS
from bettersynth.data.files.reading import column_names
from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.made_files import read_made_table

POOL = Path("data/pool")
SAMPLES = POOL / "samples.parquet"
POOL_IMAGES = POOL / "images"

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
# of a pool of several sources, beside the columns above
SEVERAL_SCHEMA = pa.schema(
    [
        *SAMPLE_SCHEMA,
        ("type", pa.string()),  # caption, instruction or text
        ("conversations", pa.string()),  # JSON, as in a LLaVA json; "" for a caption
        ("judged", pa.bool_()),  # whether the filter's recipe decides on it
    ]
)
# of a pool with pairs that were measured before, where any was
OWN_SIMILARITY = pa.field("own_similarity", pa.float64())


def read_samples(columns: list[str] | None = None, split: str = "") -> pa.Table:
    """Return the sample table, sorted by id; or some of its columns, or the rows of one split.

    Raises:
        UserError: the pool was not made, or the file is damaged.
    """
    return read_made_table(SAMPLES, columns, {"split": [split]} if split else ALL_ROWS)


def write_samples(rows: Sequence[dict[str, Any]]) -> None:
    """Write the sample table; each row names every column of `SAMPLE_SCHEMA`, or each every one of
    `SEVERAL_SCHEMA`. Rows may have `own_similarity` beside those.
    """
    several = any("type" in row for row in rows)
    schema = SEVERAL_SCHEMA if several else SAMPLE_SCHEMA
    if any(OWN_SIMILARITY.name in row for row in rows):
        schema = schema.append(OWN_SIMILARITY)
    write_table(SAMPLES, pa.Table.from_pylist(list(rows), schema=schema))


def text_fields() -> list[str]:
    """Return the columns of every sample table that hold words."""
    return [field.name for field in SAMPLE_SCHEMA if pa.types.is_string(field.type)]


def types_of(samples: pa.Table) -> pa.ChunkedArray:
    """Return the type of each row: caption, instruction or text."""
    if "type" not in samples.column_names:
        return pa.chunked_array([pa.repeat("caption", samples.num_rows)])
    return samples["type"]


def judged_of(samples: pa.Table) -> np.ndarray:
    """Return whether the filter's recipe decides on each row, bool `[rows]`."""
    if "judged" not in samples.column_names:
        return np.ones(samples.num_rows, dtype=bool)
    return samples["judged"].to_numpy().astype(bool)


def read_conversations(split: str) -> list[dict[str, Any]]:
    """Return `id`, `images`, `source`, `type` and `turns` of the conversations of a split.

    None where the pool was made of captions alone, or not at all.
    """
    if not SAMPLES.exists() or "conversations" not in column_names(SAMPLES):
        return []
    columns = ["id", "images", "source", "type", "conversations", "split"]
    rows = []
    for row in read_samples(columns).to_pylist():
        if row["split"] == split and row["conversations"]:
            rows.append({**row, "turns": json.loads(row["conversations"])})
    return rows
