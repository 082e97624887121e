"""Measuring with an operator: known scores are looked up, missing ones made and remembered.

What cannot be measured is set aside with its reason.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.data.files.processes import DEATH
from bettersynth.data.samples.batch import Batch, UnreadableImage
from bettersynth.measuring.carried import Carried, CarriedColumn, Carrying, measure_carrying
from bettersynth.measuring.later_settings import identity_settings
from bettersynth.measuring.launching import HERE, Launch, PartDone, run_parts
from bettersynth.measuring.measured import Measured, measure_good, reason_of
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.measuring.shards import Shard, ShardMeasuring, shard_of

# samples that are scored, and added to the cache, at a time
BATCH = 256
# a worker of this machine that has less to do costs more to start than it saves
GROUPS_A_WORKER = 16


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
    return ScoreColumn(
        ColumnIdentity(name, operator.VERSION, identity_settings(settings), model, code)
    )


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
            bad[position] = reason_of(error)
    return keys, bad


def measure(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    column: ScoreColumn | None,
    scored: Callable[[int], object] = int,
    launch: Launch = HERE,
    made: Callable[[int], object] = int,
    carried: Sequence[CarriedColumn] = (),
) -> Measured:
    """Return the values of a batch, from `column` where they are known.

    `scored(n)` is called as n more samples are done, `made(n)` once where there is a column: it
    does not know n samples. What is missing is scored in fixed groups of
    `BATCH` samples, in the order of their keys. Each is added to the cache at once and none before
    an earlier one, so that a run that goes on after a kill forms the same groups and gets the same
    bits, whoever works. Rules that are `carried` are measured of the pictures that are decoded
    for it, and their values go to their own columns alone.
    """
    if column is None:
        measured = measure_good(operator, settings, batch)
        scored(len(batch))
        return measured
    keys, bad = content_keys(batch, reads_of(operator, settings))
    known = column.get([key for key in keys if key])
    missing = _first_positions(keys, known)
    unknown = sum(1 for key in keys if key in missing)
    scored(len(keys) - unknown)
    made(unknown)
    # of keys that cannot be measured
    reasons: dict[bytes, str] = {}
    groups = _groups([missing[key] for key in sorted(missing)])
    on_board = _on_board(carried if groups else (), batch)
    all_measured = _measured_groups(operator, settings, batch, groups, launch, on_board)
    for group, (measured, carried_rows) in zip(groups, all_measured, strict=True):
        new = _rows_by_key(operator, measured, [keys[position] for position in group])
        column.put(new)
        on_board.keep(group, carried_rows)
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


def _on_board(columns: Sequence[CarriedColumn], batch: Batch) -> Carried:
    """Return the rules that are measured on the way; all of them read pictures alone."""
    keys = content_keys(batch, ("images",))[0] if columns else []
    return Carried(columns, keys)


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


def _groups(positions: Sequence[int]) -> list[Sequence[int]]:
    return [positions[start : start + BATCH] for start in range(0, len(positions), BATCH)]


def _measured_groups(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    groups: Sequence[Sequence[int]],
    launch: Launch,
    on_board: Carried,
) -> Iterator[Carrying]:
    """Yield the values of each group of samples, in order, made by whom `launch` names."""
    launch = worthwhile(launch, len(groups))
    if launch.is_here or not groups:
        for group in groups:
            rules, wanted = on_board.rules, on_board.wanted(group)
            yield measure_carrying(operator, settings, batch.take(group), rules, wanted)
        return
    pictures = batch.pictures.with_facts({})
    name = operator.__name__
    rules_by_name = [(rule.operator.__name__, rule.settings) for rule in on_board.rules]
    start = ShardMeasuring(name, settings, pictures, batch.tokens, rules_by_name)
    shards = (shard_of(batch, group, on_board.wanted(group)) for group in groups)
    for done in run_parts(start, shards, Shard.take, launch):
        yield _whole(done)


def worthwhile(launch: Launch, groups: int) -> Launch:
    """Return the launch with no more workers than have enough to do with so many groups."""
    if launch.engine == "ray":
        # the cluster may have what this machine lacks: it does whatever there is
        workers = groups if launch.workers is None else min(launch.workers, groups)
    else:
        workers = min(launch.local_workers, -(-groups // GROUPS_A_WORKER))
    return dataclasses.replace(launch, workers=max(1, workers))


def _whole(done: PartDone) -> Carrying:
    """Return the values of a shard, at their places in it, beside its samples that end a worker."""
    if not done.killers:
        return done.result
    rest = [position for position in range(len(done.part)) if position not in done.killers]
    measured = done.result.measured if done.result else Measured({}, [])
    bad = dict.fromkeys(done.killers, DEATH)
    for position, reason in measured.bad.items():
        bad[rest[position]] = reason
    positions = [rest[position] for position in measured.positions]
    return Carrying(Measured(measured.values, positions, bad))
