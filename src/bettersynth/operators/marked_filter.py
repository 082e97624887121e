"""Keep samples by what people marked when they looked at them (`bettersynth browse`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.data.tables.marks import FOLDER, Mark, read_marks, words_of
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values

VERSION = 1
READS = ("fields", "files")
STATS = ("marks",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`marks` is a folder with a file for each person, or one file."""

    marks: str = str(FOLDER)


@dataclass(frozen=True)
class Deciding:
    """Samples with a mark or tag of `drop` go; with `only`, also those with none of these.

    Words are good, bad, disputed (one says good, another bad), and any tag.
    """

    drop: tuple[str, ...] = ("bad",)
    only: tuple[str, ...] = ()


def fields_read(settings: Measuring) -> list[str]:
    """Return the field by which marks are told apart."""
    return ["id"]


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `marks`: the words that people gave each sample, sorted.

    Raises:
        UserError: there are no marks.
    """
    by_person = read_marks(Path(settings.marks))
    if not any(by_person.values()):
        raise UserError(
            f"marked_filter: {settings.marks} holds no marks; `bettersynth browse` sets them"
        )
    of_sample: dict[str, list[Mark]] = {}
    for marks in by_person.values():
        for sample, mark in marks.items():
            of_sample.setdefault(sample, []).append(mark)
    return {"marks": [words_of(of_sample.get(str(row.get("id")), [])) for row in batch.rows]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: which have none of `drop`, and one of `only` where that is given."""
    column = values["marks"]
    flags = np.empty(len(column), dtype=bool)
    for position, words in enumerate(column):
        wanted = not settings.only or not set(settings.only).isdisjoint(words)
        flags[position] = wanted and set(settings.drop).isdisjoint(words)
    return flags
