"""How the training sets of two experiments differ, sample by sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.files.parquet_files import ALL_ROWS
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
# the columns that say which caption of a sample is trained on
CAPTION_KEY = ("caption_source", "candidate", "rewritten", "new_text")

Row = dict[str, Any]
Rows = dict[str, Row]
"""Rows of a training set by the sample's id."""


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
    tables: list[pa.Table] = []
    for experiment in (first, second):
        table = training_set(experiment.read, experiment.name)
        if table is None:
            return None
        tables.append(_with_new_texts(_with_rewritten(table, experiment.read), experiment.read))
    one, two = tables
    changes, common_visits = _changes(one, two)
    shown = {kind: _spread(ids, examples) for kind, ids in changes.items()}
    shared = one.num_rows - len(changes["removed"])
    visits = _visits(one["weight"]) + _visits(two["weight"])
    return DataDifference(
        other=second.name,
        reference_samples=one.num_rows,
        other_samples=two.num_rows,
        shared=shared,
        added=len(changes["added"]),
        removed=len(changes["removed"]),
        recaptioned=len(changes["recaptioned"]),
        reweighted=len(changes["reweighted"]),
        overlap=shared / max(1, one.num_rows + len(changes["added"])),
        # what both visit is counted once
        visit_overlap=common_visits / max(1, visits - common_visits),
        examples=_described(shown, (first.read, one), (second.read, two)),
    )


def _with_rewritten(table: pa.Table, read: Reader) -> pa.Table:
    """Return a training set with a column `rewritten`: what mappers made of a sample's caption.

    "" where they changed nothing, and where a new caption stands in its place.
    """
    changed = pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())})
    content = read(REWRITTEN)
    if content is not None:
        changed = table_of(content, str(REWRITTEN), ["id", "text"])
    places = pc.index_in(table["id"], value_set=changed["id"].combine_chunks())
    texts = pc.fill_null(changed["text"].combine_chunks().take(places.combine_chunks()), "")
    rewritten = pc.if_else(pc.less(table["candidate"], 0), texts, "")
    return table.append_column("rewritten", rewritten)


def _with_new_texts(table: pa.Table, read: Reader) -> pa.Table:
    """Return a training set with a column `new_text`: the new caption of a sample, "" of one that
    has its own, null where it is not at hand.
    """
    texts = pa.nulls(table.num_rows, pa.string())
    content = read(CANDIDATES)
    if content is not None:
        made = table_of(content, str(CANDIDATES), ["id", "candidate", "text"])
        places = pc.index_in(_version_keys(table), value_set=_version_keys(made))
        texts = made["text"].combine_chunks().take(places)
    own = pc.less(table["candidate"], 0)
    return table.append_column("new_text", pc.if_else(own, "", texts))


def _version_keys(table: pa.Table) -> pa.Array:
    """Return what tells one version of one sample from all others, by row."""
    numbers = table["candidate"].cast(pa.string())
    return pc.binary_join_element_wise(table["id"], numbers, " ").combine_chunks()


def _changes(one: pa.Table, two: pa.Table) -> tuple[dict[str, pa.ChunkedArray], int]:
    """Return the ids of each of `KINDS`, and the visits that both give to one caption."""
    places = pc.index_in(one["id"], value_set=two["id"].combine_chunks())
    in_both = pc.is_valid(places)
    first = one.filter(in_both)
    second = two.take(places.drop_null())
    same_caption = pa.repeat(True, first.num_rows)
    # a caption of another source is another thing to see
    for name in CAPTION_KEY:
        # a text that is not at hand is not called another one
        same = pc.fill_null(pc.equal(first[name], second[name]), True)
        same_caption = pc.and_(same_caption, same)
    weights = first["weight"], second["weight"]
    fewer_visits = pc.min_element_wise(*weights)
    only_in_two = pc.invert(pc.is_in(two["id"], value_set=one["id"].combine_chunks()))
    ids = {
        "added": two["id"].filter(only_in_two),
        "removed": one["id"].filter(pc.invert(in_both)),
        "recaptioned": first["id"].filter(pc.invert(same_caption)),
        "reweighted": first["id"].filter(pc.not_equal(*weights)),
    }
    return ids, _visits(fewer_visits.filter(same_caption))


def _visits(weights: pa.ChunkedArray) -> int:
    return pc.sum(weights).as_py() or 0


def _spread(ids: pa.ChunkedArray, wanted: int) -> list[str]:
    """Return up to `wanted` of the ids, evenly over all of them."""
    return ids.take(pa.array(evenly(len(ids), wanted))).to_pylist()


def evenly(total: int, wanted: int) -> np.ndarray:
    """Return positions spread evenly over `total` of them, int64 `[min(total, wanted)]`."""
    return np.linspace(0, total - 1, min(total, wanted)).astype(int)


def _described(
    shown: Mapping[str, Sequence[str]], *sides: tuple[Reader, pa.Table]
) -> dict[str, list[Example]]:
    """Return the examples of each kind.

    A side is what reads an experiment's files, and its training set.
    """
    wanted = set().union(*shown.values())
    rows_of_sides: list[Rows] = []
    texts: list[dict[str, str]] = []
    for read, table in sides:
        among = pc.is_in(table["id"], value_set=pa.array(sorted(wanted), pa.string()))
        rows = {row["id"]: row for row in table.filter(among).to_pylist()}
        rows_of_sides.append(rows)
        texts.append(captions(read, rows, wanted))
    examples: dict[str, list[Example]] = {}
    for kind, ids in shown.items():
        examples[kind] = []
        for sample in ids:
            words = []
            for rows, captions_of_side in zip(rows_of_sides, texts, strict=True):
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
    originals = _texts(read, SAMPLES, ("id",), ids) if ids else {}
    rewritten = rewritten_texts(read) if ids else {}
    new: dict[tuple[Any, ...], str] = {}
    if any_new:
        for path in (CANDIDATES, DRAWN):
            new |= _texts(read, path, ("id", "candidate"), ids)
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


def _texts(
    read: Reader, path: Path, keys: Sequence[str], ids: Sequence[str] | None = None
) -> dict[tuple[Any, ...], str]:
    """Return the column `text` of a table, of all samples or of `ids`, by its columns `keys`."""
    content = read(path)
    if content is None:
        return {}
    asked_for = ALL_ROWS if ids is None else {"id": ids}
    table = table_of(content, str(path), [*keys, "text"], asked_for)
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
