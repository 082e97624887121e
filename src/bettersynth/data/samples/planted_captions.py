"""The planted mismatches of the pool, whose captions are others' on purpose: the truth of tests."""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.reading import read_table

PLANTED = Path("data/pool/planted.parquet")


def planted_captions() -> dict[str, str] | None:
    """Return the original text of each planted mismatch by its id.

    None for a source without the table, which plants none.
    """
    try:
        table = read_table(PLANTED, ["id", "planted", "original_text"])
    except FileNotFoundError:
        return None
    return {row["id"]: row["original_text"] for row in table.to_pylist() if row["planted"]}
