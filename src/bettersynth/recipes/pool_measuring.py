"""Measuring the pool, and new captions of it, with the operators of the section `stats`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.rejects import Reject, require_few
from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.data.tables.drawn import DRAWN_IMAGES
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.measuring.carried import (
    CarriedColumn,
    CarriedRule,
    at_work,
    can_be_carried,
    carrying,
)
from bettersynth.measuring.launching import Launch, launch_of
from bettersynth.measuring.measure import BATCH, measure, open_column, reads_of
from bettersynth.measuring.measured import Measured
from bettersynth.measuring.protocols import Values
from bettersynth.models.devices.shared_models import sharing_models
from bettersynth.operators import load_operator
from bettersynth.recipes.stats_section import operator_of, stats_settings, suffix_of


def measure_pool(
    params: dict[str, Any],
    name: str,
    pool: pa.Table,
    image_folders: Sequence[Path] = (POOL_IMAGES,),
    made: Callable[[int], object] = int,
    on_the_way: Callable[[int], object] = int,
) -> Values:
    """Return one stat of the section `stats` of every row of the pool, whose pictures lie in
    `image_folders`.

    `made(n)` is called where scores are cached: n samples had none and were measured now.
    While a picture is decoded, the other stats of the section that read pictures alone are measured
    too and put into the cache, which alone knows of them; `on_the_way(n)` tells of n such values.
    The columns of a stat with a name of its own end in `#NAME`.
    An operator that reads fields sees the columns of the sample table. It sees no stats: stages
    measure side by side, so that no one's values can be counted on.

    Raises:
        UserError: the stat is not in the section, or a sample cannot be measured.
    """
    settings = stats_settings(params, name)
    operator = load_operator(operator_of(params["stats"], name))
    no_stats: list[dict[str, Any]] | None = None
    if "fields" in reads_of(operator, settings):
        no_stats = [{} for _ in range(pool.num_rows)]
    batch = pool_batch(pool, stats=no_stats, image_folders=image_folders)
    with _carried(params, operator, settings) as carried:
        values = measure_all(operator, settings, batch, name, launch_of(params), made, carried)
    on_the_way(sum(one.made for one in carried))
    return _with_suffix(values, suffix_of(params["stats"], name))


@contextlib.contextmanager
def _carried(
    params: dict[str, Any], operator: ModuleType, settings: Any
) -> Iterator[list[CarriedColumn]]:
    """Yield the other stats of the section that may be measured on the way of this one.

    A stat with a wrong setting is none of them: its own stage says what is wrong.
    """
    # who reads no pictures decodes none
    own = open_column(operator, settings) if "images" in reads_of(operator, settings) else None
    carried: list[CarriedColumn] = []
    with contextlib.ExitStack() as held:
        if own is not None and not own.read_only:
            paths = {own.path}
            for name in params["stats"]:
                with contextlib.suppress(UserError):
                    found = _carried_stat(params, name)
                    if found is None or found.column.path in paths:
                        continue
                    paths.add(found.column.path)
                    if held.enter_context(carrying(found.column)):
                        carried.append(found)
        yield carried


def _carried_stat(params: dict[str, Any], name: str) -> CarriedColumn | None:
    """Return a stat to be measured on another one's way, None for one that cannot be.

    Raises:
        UserError: its settings are wrong, or its column cannot be opened.
    """
    operator = load_operator(operator_of(params["stats"], name))
    settings = stats_settings(params, name)
    if not can_be_carried(operator, reads_of(operator, settings)):
        return None
    column = open_column(operator, settings)
    return None if column is None else CarriedColumn(CarriedRule(operator, settings), column)


def measure_new_captions(
    params: dict[str, Any],
    shown: pa.Table,
    texts: list[str],
    made: Callable[[int], object] = int,
) -> Values:
    """Return every stat whose value may depend on the text, of new captions.

    `shown` holds the pool row of each caption; `made` is told of each cached stat, as by
    `measure_pool`. What reads pictures alone is not measured again.
    """
    values: Values = {}
    launch = launch_of(params)
    batch = pool_batch(shown, texts)
    section = params.get("stats") or {}
    for name in section:
        operator = load_operator(operator_of(section, name))
        settings = stats_settings(params, name)
        reads = reads_of(operator, settings)
        if "fields" in reads:
            no_stats: list[dict[str, Any]] = [{} for _ in texts]
            own_batch = pool_batch(shown, texts, no_stats)
            own = measure_all(operator, settings, own_batch, name, launch, made)
        elif "text" in reads:
            own = measure_all(operator, settings, batch, name, launch, made)
        else:
            continue
        values |= _with_suffix(own, suffix_of(section, name))
    return values


def measure_drawn(params: dict[str, Any], samples: pa.Table) -> Values:
    """Return every stat of samples with new pictures, rows of the sample table."""
    values: Values = {}
    for name in params.get("stats") or {}:
        values |= measure_pool(params, name, samples, (DRAWN_IMAGES,))
    return values


def _with_suffix(values: Values, suffix: str) -> Values:
    return {stat + suffix: column for stat, column in values.items()}


def measure_all(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    what: str,
    launch: Launch,
    made: Callable[[int], object] = int,
    carried: Sequence[CarriedColumn] = (),
) -> Values:
    """Return the values of every sample of `batch`, measured by whom `launch` names.

    A long key is returned in the short form that `compact` makes of it. `made` is told how many
    samples the cache did not know, where there is one.

    Raises:
        UserError: a sample cannot be measured.
    """
    column = open_column(operator, settings)
    with (
        contextlib.nullcontext() if column is None else at_work(column),
        sharing_models(launch.local_workers),
        tqdm(total=len(batch), desc=what, unit="sample", mininterval=1) as progress,
    ):
        if column is None:
            measured = _measured_in_groups(operator, settings, batch, progress.update)
        else:
            told = progress.update
            measured = measure(operator, settings, batch, column, told, launch, made, carried)
    rejects = [Reject(f"sample {row}", measured.bad[row]) for row in sorted(measured.bad)]
    # none: the pool stage has decoded every picture
    require_few(rejects, len(batch), 0.0, f"stats.{what}", "samples cannot be measured")
    return measured.values


def _measured_in_groups(
    operator: ModuleType, settings: Any, batch: Batch, scored: Callable[[int], object]
) -> Measured:
    """Return the values of a batch that no cache holds.

    They are made short group by group: of a MinHash signature that is 4 kB a sample otherwise.
    """
    whole = Measured({}, [])
    for start in range(0, len(batch), BATCH):
        group = batch.take(range(start, min(start + BATCH, len(batch))))
        measured = measure(operator, settings, group, None, scored)
        whole.positions += [start + position for position in measured.positions]
        whole.bad |= {start + position: reason for position, reason in measured.bad.items()}
        for stat, column in measured.values.items():
            if hasattr(operator, "compact") and stat == operator.STATS[0]:
                column = list(map(operator.compact, column))
            whole.values.setdefault(stat, []).extend(column)
    return whole
