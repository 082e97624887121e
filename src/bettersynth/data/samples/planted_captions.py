"""The planted mismatches of the pool, whose captions are others' on purpose: the truth of tests."""

from __future__ import annotations

from bettersynth.data.tables.planted import PLANTED, read_planted


def planted_captions() -> dict[str, str] | None:
    """Return the original text of each planted mismatch by its id.

    None for a source without the table, which plants none.
    """
    if not PLANTED.exists():
        return None
    table = read_planted(["id", "planted", "original_text"])
    mismatched = table.filter(table["planted"])
    columns = mismatched["id"].to_pylist(), mismatched["original_text"].to_pylist()
    return dict(zip(*columns, strict=True))
