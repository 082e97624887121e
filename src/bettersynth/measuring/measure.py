"""Measuring with an operator: known scores are looked up, missing ones made and remembered.

What cannot be measured is set aside with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import BadSample, Batch, UnreadableImage
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn

# samples that are scored, and added to the cache, at a time
BATCH = 256


@dataclass
class Measured:
    """Values of the samples at `positions` of a batch, in order.

    `bad` gives the reason of each other position.
    """

    values: Values
    positions: list[int]
    bad: dict[int, str] = field(default_factory=dict)


def reads_of(operator: ModuleType, settings: Any) -> tuple[str, ...]:
    """Return what a value of `operator` depends on: "text", "images", "fields"."""
    return operator.reads(settings) if hasattr(operator, "reads") else operator.READS


def open_column(operator: ModuleType, settings: Any) -> ScoreColumn | None:
    """Return the cache of an operator's scores, None where measuring is as cheap as looking up."""
    if not operator.CACHED or "fields" in reads_of(operator, settings):
        return None
    model = operator.model_hash(settings) if hasattr(operator, "model_hash") else ""
    name = getattr(operator, "CACHED_AS", operator.__name__.rpartition(".")[2])
    # by that name too: an operator that shares another's scores shares its `measure`
    code = code_digest(f"bettersynth.operators.{name}")
    return ScoreColumn(ColumnIdentity(name, operator.VERSION, asdict(settings), model, code))


def content_keys(batch: Batch, reads: Sequence[str]) -> tuple[list[bytes], dict[int, str]]:
    """Return the content key of each sample, and the reasons of those without one, by position.

    A sample with a picture that cannot be read has the key b"".
    """
    keys: list[bytes] = []
    bad: dict[int, str] = {}
    for position, (text, names) in enumerate(zip(batch.texts, batch.images, strict=True)):
        parts = []
        if "text" in reads:
            # which words are tokens decides what counts as text
            parts = [batch.tokens.image, batch.tokens.eoc, text]
        try:
            if "images" in reads:
                # Which pictures are one and the same matters: some operators measure a repeated
                # name once
                parts += [f"{batch.pictures.sha256(name)} {names.index(name)}" for name in names]
            keys.append(content_key(parts))
        except UnreadableImage as error:
            keys.append(b"")
            bad[position] = _reason_of(error)
    return keys, bad


def _reason_of(error: UnreadableImage) -> str:
    return f"image {error.name}: {error.reason}"


def measure_good(operator: ModuleType, settings: Any, batch: Batch) -> Measured:
    """Return the values of all samples that can be measured.

    One bad picture costs the samples that show it, nothing else.
    """
    positions = list(range(len(batch)))
    bad: dict[int, str] = {}
    while True:
        left = batch.take(positions) if bad else batch
        try:
            return Measured(operator.measure(left, settings), positions, bad)
        except UnreadableImage as error:
            showing = [at for at in positions if error.name in batch.images[at]]
            bad.update(dict.fromkeys(showing, _reason_of(error)))
        except BadSample as error:
            bad.update({positions[at]: error.reason for at in error.positions})
        positions = [at for at in positions if at not in bad]


def measure(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    column: ScoreColumn | None,
    scored: Callable[[int], object] = int,
) -> Measured:
    """Return the values of a batch, from `column` where they are known.

    `scored(n)` is called as n more samples are done. What is missing is scored in fixed groups of
    `BATCH` samples, each added to the cache at once, so that a run that goes on after a kill
    forms the same groups and gets the same bits.
    """
    if column is None:
        measured = measure_good(operator, settings, batch)
        scored(len(batch))
        return measured
    keys, bad = content_keys(batch, reads_of(operator, settings))
    known = column.get([key for key in keys if key])
    missing = _first_positions(keys, known)
    scored(sum(1 for key in keys if key not in missing))
    # of keys that cannot be measured
    reasons: dict[bytes, str] = {}
    for group in _groups(sorted(missing.values())):
        measured = measure_good(operator, settings, batch.take(group))
        new = _rows_by_key(operator, measured, [keys[position] for position in group])
        column.put(new)
        known |= new
        for at, reason in measured.bad.items():
            reasons[keys[group[at]]] = reason
        scored(len(group))
    for position, key in enumerate(keys):
        if key in reasons:
            bad[position] = reasons[key]
    positions = [position for position in range(len(batch)) if position not in bad]
    rows = [known[keys[position]] for position in positions]
    # `measure` of an operator returns its stats in the order of `STATS`: all, or the first ones
    names = operator.STATS[: len(rows[0])] if rows else operator.STATS
    values = {}
    for place, stat in enumerate(names):
        values[stat] = [row[place] for row in rows]
    return Measured(values, positions, bad)


def _first_positions(keys: Sequence[bytes], known: Mapping[bytes, Any]) -> dict[bytes, int]:
    """Return the first position of each key that has no values yet; equal samples share one."""
    missing: dict[bytes, int] = {}
    # from the end on, so that the first position overwrites the later ones
    for position, key in reversed(list(enumerate(keys))):
        if key and key not in known:
            missing[key] = position
    return missing


def _rows_by_key(
    operator: ModuleType, measured: Measured, keys: Sequence[bytes]
) -> dict[bytes, list[Any]]:
    """Return the values of each measured sample, one a stat, by its key."""
    columns = [measured.values[stat] for stat in operator.STATS if stat in measured.values]
    rows: dict[bytes, list[Any]] = {}
    for row, at in enumerate(measured.positions):
        rows[keys[at]] = [column[row] for column in columns]
    return rows


def _groups(positions: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(positions), BATCH):
        yield list(positions[start : start + BATCH])
