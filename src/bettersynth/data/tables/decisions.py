"""What the recipe decided of every pool sample: `data/filter/decisions.parquet` and `card.json`.

One row a pool sample, in the pool's order: `id`, `kept`, and for dropped ones `rule` (the line),
`value` (what it went by, as a number, else NaN) and `bound` (its bounds in words).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.made_files import read_made_object
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.errors import UserError

FILTER = Path("data/filter")
DECISIONS = FILTER / "decisions.parquet"
FILTER_CARD = FILTER / "card.json"


def write_decisions(
    ids: pa.ChunkedArray,
    kept: np.ndarray,
    rule: RowTexts,
    value: np.ndarray,
    bound: RowTexts,
) -> None:
    """Write the table: `kept` is bool `[rows]`, `value` float64 `[rows]`."""
    columns = {"id": ids, "kept": kept, "rule": rule.arrow(), "value": value}
    write_table(DECISIONS, pa.table(columns | {"bound": bound.arrow()}))


def read_decisions(ids: pa.ChunkedArray) -> pa.Table:
    """Return the columns kept, rule, value and bound, in the order of `ids`, those of the pool.

    Raises:
        UserError: the filter has not run, or on another pool.
    """
    command = "`python -m bettersynth.steps.filter`"
    try:
        table = read_table(DECISIONS)
    except FileNotFoundError:
        raise UserError(f"{DECISIONS} does not exist; run {command}") from None
    if not table["id"].equals(ids):
        raise UserError(f"{DECISIONS} belongs to another pool; run {command}")
    return table.drop_columns(["id"])


def write_filter_card(card: dict[str, Any]) -> None:
    """Write the counts: the pool, what each line left, what each rule dropped."""
    write_json(FILTER_CARD, card)


def read_filter_card() -> dict[str, Any]:
    """Return the counts.

    Raises:
        UserError: the filter has not run, or the file is damaged.
    """
    parts = {"pool": int, "surviving": dict}
    return read_made_object(FILTER_CARD, has=parts, may_have=["dropped_by"])
