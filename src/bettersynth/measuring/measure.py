"""Measuring with an operator: look the scores up, score what is missing, set aside what cannot be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import BadSample, Batch, UnreadableImage
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn

BATCH = 256  # samples that are scored, and added to the cache, at a time


@dataclass
class Measured:
    """Values of the samples at `positions` of a batch, in order; `bad` gives the reason of each other position."""

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
    """Return the content key of each sample (b"" where a picture cannot be read) and the reasons of those."""
    keys, bad = [], {}
    for k, (text, names) in enumerate(zip(batch.texts, batch.images, strict=True)):
        parts = [batch.tokens.image, batch.tokens.eoc, text] if "text" in reads else []
        try:
            if "images" in reads:
                # which pictures are one and the same matters: a repeated name is measured once by some operators
                parts += [f"{batch.pictures.sha256(name)} {names.index(name)}" for name in names]
            keys.append(content_key(parts))
        except UnreadableImage as error:
            keys.append(b"")
            bad[k] = f"image {error.name}: {error.reason}"
    return keys, bad


def measure_good(operator: ModuleType, settings: Any, batch: Batch) -> Measured:
    """Return the values of all samples that can be measured; one bad picture costs the samples that show it, nothing else."""
    positions, bad = list(range(len(batch))), {}
    while True:
        part = batch.take(positions) if bad else batch
        try:
            return Measured(operator.measure(part, settings), positions, bad)
        except UnreadableImage as error:
            found = {
                p: f"image {error.name}: {error.reason}"
                for p in positions
                if error.name in batch.images[p]
            }
        except BadSample as error:
            found = {positions[p]: error.reason for p in error.positions}
        bad.update(found)
        positions = [p for p in positions if p not in bad]


def measure(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    column: ScoreColumn | None,
    scored: Callable[[int], object] = int,
) -> Measured:
    """Return the values of a batch, from `column` where they are known; `scored(n)` is called as n more samples are done.

    What is missing is scored in fixed groups of `BATCH` samples, each added to the cache at once, so that a run that goes on after a
    kill forms the same groups and gets the same bits.
    """
    if column is None:
        measured = measure_good(operator, settings, batch)
        scored(len(batch))
        return measured
    keys, bad = content_keys(batch, reads_of(operator, settings))
    known = column.get([key for key in keys if key])
    missing = {key: k for k, key in reversed(list(enumerate(keys))) if key and key not in known}
    scored(sum(1 for key in keys if key not in missing))
    reasons: dict[bytes, str] = {}
    for part in _groups(sorted(missing.values())):
        measured = measure_good(operator, settings, batch.take(part))
        columns = [measured.values[stat] for stat in operator.STATS if stat in measured.values]
        new = {
            keys[part[p]]: [column[k] for column in columns]
            for k, p in enumerate(measured.positions)
        }
        column.put(new)
        known |= new
        reasons |= {keys[part[p]]: reason for p, reason in measured.bad.items()}
        scored(len(part))
    bad |= {k: reasons[key] for k, key in enumerate(keys) if key in reasons}
    positions = [k for k in range(len(batch)) if k not in bad]
    rows = [known[keys[k]] for k in positions]
    names = (
        operator.STATS[: len(rows[0])] if rows else operator.STATS
    )  # `measure` returns them in this order
    return Measured(
        {stat: [row[i] for row in rows] for i, stat in enumerate(names)}, positions, bad
    )


def _groups(positions: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(positions), BATCH):
        yield list(positions[start : start + BATCH])
