"""Measure the pool with one operator: `data/stats/OPERATOR.parquet`.

Run alone: `python -m bettersynth.steps.stats OPERATOR`. Scores are looked up in `.cache/scores`
first and added to it batch by batch, so that nothing is scored twice, also after a kill.
"""

from __future__ import annotations

import sys
import time

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.code_dependencies import note_unlisted
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.pool_measuring import measure_pool
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.reading import load_params


def main() -> dict[str, int]:
    """Run the stage `stats` on params.yaml."""
    if len(sys.argv) != 2:
        raise UserError("name one operator: python -m bettersynth.steps.stats OPERATOR")
    name = sys.argv[1]
    params = load_params()
    # a mistake in the settings is told before the pool is read
    stats_settings(params, name)
    note_unlisted(name)
    pool = read_pool()
    start = time.perf_counter()
    write_stats(name, pool["id"], measure_pool(params, name, pool))
    print(f"{name}: {pool.num_rows:,} samples in {time.perf_counter() - start:.1f} s")
    return {"samples": pool.num_rows}


if __name__ == "__main__":
    run_step(main)
