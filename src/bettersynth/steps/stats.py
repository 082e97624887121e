"""Measure the pool with one operator: `data/stats/OPERATOR.parquet`. Run alone: `python -m bettersynth.steps.stats OPERATOR`.

Scores are looked up in `.cache/scores` first and added to it batch by batch, so that nothing is scored twice, also after a kill.
"""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.measure import measure, open_column
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.stat_tables import STATS, batch_of, read_pool, values_table
from bettersynth.operators import load_operator
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.reading import load_params


def measure_all(operator: ModuleType, settings: Any, batch: Batch, what: str) -> Values:
    """Return the values of every sample of `batch`.

    Raises:
        UserError: a sample cannot be measured.
    """
    column = open_column(operator, settings)
    with tqdm(total=len(batch), desc=what, unit="sample", mininterval=1) as progress:
        measured = measure(operator, settings, batch, column, progress.update)
    if measured.bad:
        first = min(measured.bad)
        raise UserError(
            f"{what}: {len(measured.bad)} of {len(batch)} samples cannot be measured; the first, {first}: {measured.bad[first]}"
        )
    return measured.values


def main() -> dict[str, int]:
    if len(sys.argv) != 2:
        raise UserError("name one operator: python -m bettersynth.steps.stats OPERATOR")
    name = sys.argv[1]
    settings = stats_settings(load_params(), name)
    pool: pa.Table = read_pool()
    start = time.perf_counter()
    values = measure_all(load_operator(name), settings, batch_of(pool), name)
    write_table(STATS / f"{name}.parquet", values_table({"id": pool["id"]}, values))
    print(f"{name}: {pool.num_rows:,} samples in {time.perf_counter() - start:.1f} s")
    return {"samples": pool.num_rows}


if __name__ == "__main__":
    run_step(main)
