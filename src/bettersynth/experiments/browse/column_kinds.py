"""What the page must know of each column: its label, its kind, what it is chosen from."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from bettersynth.experiments.browse.pairs import Pairs

# distinct texts of a column that is chosen from a list
MOST_CHOICES = 60
# rows at the start that tell most columns of free text
LOOKED_AT = 2_000
LABELS = {
    "rule": "dropped by",
    "value": "value at the rule",
    "caption_source": "caption in training",
    "similarity": "similarity in training",
    "weight": "visits",
    "planted": "planted mismatch",
    "original_caption": "caption before planting",
    "difference": "difference in training",
    "map_x": "map of the pictures, across",
    "map_y": "map of the pictures, up",
}


def describe(pairs: Pairs) -> list[dict[str, Any]]:
    """Return each column's name, label and kind, with its ends (number) or choices (choice).

    Kinds: number, flag, choice, text.
    """
    described: list[dict[str, Any]] = []
    for name, column in list(pairs.columns.items()):
        entry: dict[str, Any] = {"name": name, "label": LABELS.get(name, name.replace("_", " "))}
        entry |= _kind(pairs, name, column)
        described.append(entry)
    for name in pairs.late:
        if name not in pairs.columns:
            described.append({"name": name, "label": LABELS[name], "kind": "number", "ends": None})
    return described


def _kind(pairs: Pairs, name: str, column: pa.ChunkedArray) -> dict[str, Any]:
    if kinds.is_boolean(column.type):
        true = pc.sum(column).as_py() or 0
        return {"kind": "flag", "choices": [[True, true], [False, len(column) - true]]}
    if kinds.is_string(column.type):
        if name in ("id", "caption") or len(pc.unique(column[:LOOKED_AT])) > MOST_CHOICES:
            return {"kind": "text"}
        counts = pc.value_counts(column).to_pylist()
        if len(counts) > MOST_CHOICES:
            return {"kind": "text"}
        counts.sort(key=lambda entry: -entry["counts"])
        choices = [[entry["values"] or "", entry["counts"]] for entry in counts]
        return {"kind": "choice", "choices": choices}
    return {"kind": "number", "ends": pairs.ends(name)}
