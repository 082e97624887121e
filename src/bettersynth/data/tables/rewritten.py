"""The texts of pool samples that mappers changed: `data/rewrite/rewritten.parquet`.

One row a changed text, in the pool's order. All stages after `rewrite` work from the new texts;
`data/pool/samples.parquet` keeps the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.column_rows import put_rows, rows_of_ids, take_rows
from bettersynth.data.tables.made_files import read_made_object, read_made_table
from bettersynth.errors import UserError

REWRITE = Path("data/rewrite")
REWRITTEN = REWRITE / "rewritten.parquet"
REWRITE_CARD = REWRITE / "card.json"
REWRITTEN_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),  # in Data-Juicer's form, as all later stages see it
        ("original_text", pa.string()),  # as the pool has it
        ("mappers", pa.list_(pa.string())),  # the labels of those that changed it, in order
    ]
)


def write_rewritten(rows: Sequence[dict[str, Any]], card: dict[str, Any]) -> None:
    """Write the table, each row with every column of `REWRITTEN_SCHEMA`, and the counts."""
    write_table(REWRITTEN, pa.Table.from_pylist(list(rows), schema=REWRITTEN_SCHEMA))
    write_json(REWRITE_CARD, card)


def read_rewritten() -> pa.Table:
    """Return one row for each text that was changed.

    Raises:
        UserError: the stage has not run, or the file is damaged.
    """
    return read_made_table(REWRITTEN)


def read_rewrite_card() -> dict[str, Any]:
    """Return the counts: `rewritten` texts, `without_words` among them, both by mapper and in all.

    Raises:
        UserError: the stage has not run, or the file is damaged.
    """
    return read_made_object(REWRITE_CARD, may_have=["by_mapper"])


def with_rewritten(samples: pa.Table, rewritten: pa.Table) -> pa.Table:
    """Return rows of the sample table with the new texts in the place of those they were made of.

    Raises:
        UserError: a text was made of another one than the sample has.
    """
    if not rewritten.num_rows:
        return samples
    rows = rows_of_ids(samples["id"], rewritten["id"])
    own = take_rows(samples["text"], rows[rows >= 0])
    if not own.equals(rewritten["original_text"]):
        raise UserError(
            f"{REWRITTEN} belongs to another pool; run `python -m bettersynth.steps.rewrite`"
        )
    column = samples.schema.get_field_index("text")
    texts = put_rows(samples["text"], rows, rewritten["text"])
    return samples.set_column(column, samples.schema.field(column), texts)
