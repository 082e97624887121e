"""One way from samples to a batch: rows of a jsonl file, of the pool's table, or made in memory.

The fields that an operator can read of a sample (`READS` holds "fields") are

- the row's own: keys of the jsonl row, or the columns of `data/pool/samples.parquet`
  (id, text, images, width, height, size_bytes, phash, source, style, concept, group, ...);
- `__dj__stats__`: what the lines before measured, by stat;
- `__dj__suffix__`: the ending of the file that the row was read from, unless the row has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.data.samples.batch import Batch, Images, Tokens

STATS_FIELD = "__dj__stats__"
SUFFIX_FIELD = "__dj__suffix__"


@dataclass(frozen=True)
class RowForm:
    """Which keys of a row hold its text and its picture names, and its special tokens."""

    text_key: str = "text"
    image_key: str = "images"
    tokens: Tokens = Tokens()


def _with_stats(
    rows: Sequence[dict[str, Any]], stats: Sequence[dict[str, Any]], suffix: str
) -> list[dict[str, Any]]:
    whole_rows = []
    for row, known in zip(rows, stats, strict=True):
        # a row's own suffix wins over that of its file, what was measured over its own stats
        whole_rows.append({SUFFIX_FIELD: suffix, **row, STATS_FIELD: known})
    return whole_rows


def name_of(row: dict[str, Any], number: int) -> str:
    """Return the id of a row, or its line where it has none (null is none)."""
    given = row.get("id")
    return f"line {number}" if given is None else str(given)


def batch_of_rows(
    rows: Sequence[dict[str, Any]],
    pictures: Images,
    form: RowForm,
    stats: Sequence[dict[str, Any]] | None = None,
    suffix: str = "",
) -> Batch:
    """Return rows as one batch.

    `stats`, one mapping a row, is given where fields are read: whole rows go along then.
    """
    fields: Sequence[dict[str, Any]] = ()
    if stats is not None:
        fields = _with_stats(rows, stats, suffix)
    texts = [row.get(form.text_key) or "" for row in rows]
    images = [row.get(form.image_key) or [] for row in rows]
    return Batch(texts, images, pictures, form.tokens, fields)
