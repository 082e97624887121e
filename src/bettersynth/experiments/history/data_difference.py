"""How the training sets of two experiments differ, sample by sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.candidates import CANDIDATES
from bettersynth.data.tables.drawn import DRAWN
from bettersynth.data.tables.rewritten import REWRITTEN
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.experiments.history.compared_runs import (
    Experiment,
    Reader,
    table_of,
    training_set,
)

EXAMPLES = 6
KINDS = ("added", "removed", "recaptioned", "reweighted")

Row = dict[str, Any]
Rows = dict[str, Row]
"""A training set: its rows by the sample's id."""


@dataclasses.dataclass(frozen=True)
class Example:
    """One sample that differs, with its caption and visits in each experiment.

    "" where it is not in training or no caption is at hand.
    """

    id: str
    first: str
    second: str


@dataclasses.dataclass(frozen=True)
class DataDifference:
    """What differs between two training sets, in samples.

    `overlap` is shared samples / samples in either; `visit_overlap` the same over visits, a caption
    of another source being another. Examples are drawn evenly over the ids in order.
    """

    other: str
    reference_samples: int
    other_samples: int
    shared: int
    added: int
    removed: int
    recaptioned: int
    reweighted: int
    overlap: float
    visit_overlap: float
    examples: dict[str, list[Example]]


def data_difference(
    first: Experiment, second: Experiment, examples: int = EXAMPLES
) -> DataDifference | None:
    """Return how the training sets differ; None where one of them is not at hand."""
    rows = []
    for experiment in (first, second):
        table = training_set(experiment.read, experiment.name)
        if table is None:
            return None
        rows.append(_by_id(table, experiment.read))
    one, two = rows
    shared = [sample for sample in one if sample in two]
    changes = _changes(one, two, shared)
    shown = {kind: _spread(ids, examples) for kind, ids in changes.items()}
    return DataDifference(
        other=second.name,
        reference_samples=len(one),
        other_samples=len(two),
        shared=len(shared),
        added=len(changes["added"]),
        removed=len(changes["removed"]),
        recaptioned=len(changes["recaptioned"]),
        reweighted=len(changes["reweighted"]),
        overlap=len(shared) / max(1, len(one.keys() | two.keys())),
        visit_overlap=_visit_overlap(one, two),
        examples=_described(shown, (first.read, one), (second.read, two)),
    )


def _by_id(table: pa.Table, read: Reader) -> Rows:
    """Return the rows of a training set; `rewritten` is what mappers made of a sample's caption."""
    rewritten = rewritten_texts(read)
    rows: Rows = {}
    for row in table.to_pylist():
        row["rewritten"] = ""
        # a new caption stands in the place of either
        if row["candidate"] < 0:
            row["rewritten"] = rewritten.get(row["id"], "")
        rows[row["id"]] = row
    return rows


def _changes(one: Rows, two: Rows, shared: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of each of `KINDS`."""
    recaptioned = []
    reweighted = []
    for sample in shared:
        if _caption_key(one[sample]) != _caption_key(two[sample]):
            recaptioned.append(sample)
        if one[sample]["weight"] != two[sample]["weight"]:
            reweighted.append(sample)
    return {
        "added": [sample for sample in two if sample not in one],
        "removed": [sample for sample in one if sample not in two],
        "recaptioned": recaptioned,
        "reweighted": reweighted,
    }


def _caption_key(row: Row) -> tuple[str, str, int, str]:
    return row["id"], row["caption_source"], row["candidate"], row["rewritten"]


def _spread(ids: Sequence[str], wanted: int) -> list[str]:
    """Return up to `wanted` of the ids, evenly over all of them."""
    return [ids[position] for position in evenly(len(ids), wanted)]


def evenly(total: int, wanted: int) -> np.ndarray:
    """Return positions spread evenly over `total` of them, int64 `[min(total, wanted)]`."""
    return np.linspace(0, total - 1, min(total, wanted)).astype(int)


def _visit_overlap(one: Rows, two: Rows) -> float:
    """Return visits with the same caption in both, over the most visits in either."""
    # a caption of another source is another thing to see, so it is part of the key
    visits_one = {_caption_key(row): row["weight"] for row in one.values()}
    visits_two = {_caption_key(row): row["weight"] for row in two.values()}
    common = 0
    most = 0
    for caption in visits_one.keys() | visits_two.keys():
        counts = (visits_one.get(caption, 0), visits_two.get(caption, 0))
        common += min(counts)
        most += max(counts)
    return common / max(1, most)


def _described(
    shown: Mapping[str, Sequence[str]], *sides: tuple[Reader, Rows]
) -> dict[str, list[Example]]:
    """Return the examples of each kind.

    A side is what reads an experiment's files, and its rows.
    """
    wanted = set().union(*shown.values())
    texts = [captions(read, rows, wanted) for read, rows in sides]
    examples: dict[str, list[Example]] = {}
    for kind, ids in shown.items():
        examples[kind] = []
        for sample in ids:
            words = []
            for (_, rows), captions_of_side in zip(sides, texts, strict=True):
                words.append(_side(rows, captions_of_side, sample))
            examples[kind].append(Example(sample, *words))
    return examples


def captions(read: Reader, rows: Rows, wanted: set[str]) -> dict[str, str]:
    """Return the captions in training of the `wanted` ids among `rows`.

    One is missing where the experiment's pool or candidates are not at hand.
    """
    ids = [sample for sample in sorted(wanted) if sample in rows]
    # the table of new captions is looked for only where one is shown
    any_new = any(rows[sample]["candidate"] >= 0 for sample in ids)
    originals = _texts(read, SAMPLES, ("id",)) if ids else {}
    rewritten = rewritten_texts(read) if ids else {}
    new: dict[tuple[Any, ...], str] = {}
    if any_new:
        for path in (CANDIDATES, DRAWN):
            new |= _texts(read, path, ("id", "candidate"))
    known: dict[str, str] = {}
    for sample in ids:
        number = rows[sample]["candidate"]
        if number < 0:
            text = rewritten.get(sample, originals.get((sample,)))
        else:
            text = new.get((sample, number))
        if text is not None:
            known[sample] = caption_of_text(text)
    return known


def rewritten_texts(read: Reader) -> dict[str, str]:
    """Return the texts that mappers changed by the sample's id; none in older experiments."""
    return {sample: text for (sample,), text in _texts(read, REWRITTEN, ("id",)).items()}


def _texts(read: Reader, path: Path, keys: Sequence[str]) -> dict[tuple[Any, ...], str]:
    """Return the column `text` of a table by the values of its columns `keys`."""
    content = read(path)
    if content is None:
        return {}
    table = table_of(content, str(path), [*keys, "text"])
    columns = [table[key].to_pylist() for key in keys]
    rows = zip(*columns, strict=True)
    return dict(zip(rows, table["text"].to_pylist(), strict=True))


def _side(rows: Rows, texts: Mapping[str, str], sample: str) -> str:
    if sample not in rows:
        return ""
    row = rows[sample]
    caption = repr(texts[sample]) if sample in texts else "caption"
    source = "" if row["caption_source"] == "original" else f" by {row['caption_source']}"
    return f"{caption}{source}, visited {row['weight']} times"


def data_sentence(data: DataDifference) -> str:
    """Return the counts of a data difference in words."""
    counts = ", ".join(f"{getattr(data, kind):,} {kind}" for kind in KINDS)
    overlaps = f"{100 * data.overlap:.1f} %, of visits {100 * data.visit_overlap:.1f} %"
    return f"{counts}, {data.shared:,} shared (overlap {overlaps})"
