"""Data-Juicer 1.6.1's own inputs and outputs, and how a filter of ours is run on them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.recipes.lines import Line, read_recipe

FOLDER = Path(__file__).parents[1] / "fixtures" / "operators"
PATH_SETTINGS = ("hf_clip", "hf_tokenizer", "stopwords_dir", "flagged_words_dir")


def rows(name: str) -> list[dict[str, Any]]:
    with open(FOLDER / f"{name}.jsonl", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def samples() -> dict[str, dict[str, Any]]:
    """Return every input by id: the texts, the single images, and the multi-image samples."""
    found = {row["id"]: row for row in [*rows("texts"), *rows("images")]}
    found |= {row["sample"]["id"]: row["sample"] for row in rows("mm_stats") if "sample" in row}
    return found


def line_of(row: dict[str, Any], compat: str = "data_juicer") -> Line:
    """Return the recipe line that a fixture row was made with; folders are those of the fixtures."""
    settings = {
        key: str(FOLDER / value) if key in PATH_SETTINGS else value
        for key, value in (row["params"] or {}).items()
    }
    return read_recipe([{row["op"]: settings}], "recipe", compat)[0]


def batch_of(*inputs: dict[str, Any]) -> Batch:
    pictures = Images(lambda name: (FOLDER / name).read_bytes(), truncated=True)
    return Batch(
        [sample.get("text", "") for sample in inputs],
        [sample.get("images", []) for sample in inputs],
        pictures,
    )


def by_line(found: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the first row of each operator and settings, and all rows that share them."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if "op" in row:
            groups.setdefault(json.dumps([row["op"], row.get("params")]), []).append(row)
    for group in groups.values():
        yield group[0], group


def same(ours: Any, theirs: Any, tolerance: float = 0.0) -> bool:
    """Whether two values are equal; floats within an absolute tolerance, lists item by item."""
    if isinstance(theirs, list):
        return (
            isinstance(ours, list)
            and len(ours) == len(theirs)
            and all(same(a, b, tolerance) for a, b in zip(ours, theirs, strict=True))
        )
    if isinstance(theirs, float) or isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=0, abs_tol=tolerance)
    return ours == theirs
