"""The passes of a recipe over its rows: what a worker needs to know, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.recipes.lines import Line

# rows a process takes at a time: two batches of pictures for a model
CHUNK = 64


@dataclass(frozen=True)
class Pass:
    """What a worker needs to know.

    `lines` are positions in the recipe `process`; the last may be a deduplicator or selector.
    """

    process: Sequence[Any]
    lines: tuple[int, ...]
    dataset: Path
    export_folder: Path
    form: RowForm = field(default_factory=RowForm)
    compat: str = ""
    use_cache: bool = True
    keep_hashes: bool = False
    # Measure what each line costs and put cheap filters first
    cheap_first: bool = False
    # Keep every row, and the stats of an operator named again apart (`stat#2`)
    measure_only: bool = False
    # Operators whose dropped rows are noted: () is all of them, None none
    traced: tuple[str, ...] | None = None
    # and further fields of theirs
    trace_keys: tuple[str, ...] = ()


class RowReject(NamedTuple):
    """A row that was set aside: its line in the data set, the operator's label, the reason."""

    line: int
    operator: str
    reason: str


class Dropped(NamedTuple):
    """A row that a filter dropped: its line in the data set, and its values in words."""

    line: int
    values: str


@dataclass
class Done:
    """What one chunk came to.

    `left` counts the rows after each line, by its position in the recipe, in the order in which
    the lines ran, which `order` gives. `keys` are those of a last line that decides over all rows.
    By position too: `lacking`, the rows without a value (lines of the data set, by what they lack,
    in words), and `dropped`, the last row that a filter dropped. `traced` are all of them with
    the position of the line, where they are asked for.
    """

    records: list[bytes]
    left: dict[int, int]
    rejects: list[RowReject]
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    rows: int = 0
    order: tuple[int, ...] = ()
    lacking: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    dropped: dict[int, Dropped] = field(default_factory=dict)
    traced: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


def split_passes(lines: Sequence[Line]) -> list[tuple[int, ...]]:
    """Return the positions of the lines of each pass; one that must see all rows ends its pass."""
    passes: list[tuple[int, ...]] = []
    current: list[int] = []
    for position, line in enumerate(lines):
        current.append(position)
        if line.sees_all:
            passes.append(tuple(current))
            current = []
    if current or not passes:
        passes.append(tuple(current))
    return passes
