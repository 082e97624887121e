"""Measuring the pool, and new captions of it, with the operators of the section `stats`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.rejects import Reject, require_few
from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch
from bettersynth.measuring.measure import measure, open_column, reads_of
from bettersynth.measuring.protocols import Values
from bettersynth.operators import load_operator
from bettersynth.recipes.stats_section import stats_settings


def measure_pool(params: dict[str, Any], name: str, pool: pa.Table) -> Values:
    """Return what one operator of the section `stats` measures of every row of the pool.

    An operator that reads fields sees the columns of the sample table. It sees no stats: stages
    measure side by side, so that no one's values can be counted on.

    Raises:
        UserError: the operator is not in the section, or a sample cannot be measured.
    """
    settings = stats_settings(params, name)
    operator = load_operator(name)
    no_stats: list[dict[str, Any]] | None = None
    if "fields" in reads_of(operator, settings):
        no_stats = [{} for _ in range(pool.num_rows)]
    return measure_all(operator, settings, pool_batch(pool, stats=no_stats), name)


def measure_new_captions(params: dict[str, Any], shown: pa.Table, texts: list[str]) -> Values:
    """Return what every operator whose value may depend on the text measures of new captions.

    `shown` holds the pool row of each caption. What reads pictures alone is not measured again.
    """
    values: Values = {}
    batch = pool_batch(shown, texts)
    for name in params.get("stats") or {}:
        operator = load_operator(name)
        settings = stats_settings(params, name)
        reads = reads_of(operator, settings)
        if "fields" in reads:
            no_stats: list[dict[str, Any]] = [{} for _ in texts]
            values |= measure_all(operator, settings, pool_batch(shown, texts, no_stats), name)
        elif "text" in reads:
            values |= measure_all(operator, settings, batch, name)
    return values


def measure_all(operator: ModuleType, settings: Any, batch: Batch, what: str) -> Values:
    """Return the values of every sample of `batch`.

    Raises:
        UserError: a sample cannot be measured.
    """
    column = open_column(operator, settings)
    with tqdm(total=len(batch), desc=what, unit="sample", mininterval=1) as progress:
        measured = measure(operator, settings, batch, column, progress.update)
    rejects = [Reject(f"sample {row}", measured.bad[row]) for row in sorted(measured.bad)]
    # none: the pool stage has decoded every picture
    require_few(rejects, len(batch), 0.0, f"stats.{what}", "samples cannot be measured")
    return measured.values
