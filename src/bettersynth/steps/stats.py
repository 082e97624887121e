"""Measure one stat of the pool: `data/stats/NAME.parquet`.

Run alone: `python -m bettersynth.steps.stats NAME`. A stat is called as its operator, or has a
name of its own in the section `stats`, with its `operator`. Scores are looked up in `.cache/scores`
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
from bettersynth.experiments.workflow.stage_inputs import stage_item
from bettersynth.models.devices.held_model import model_uses
from bettersynth.models.devices.model_use import in_ledger, in_words, waiting_share
from bettersynth.recipes.pool_measuring import measure_pool
from bettersynth.recipes.stats_section import operator_of, stats_settings
from bettersynth.settings.reading import load_params


def main() -> dict[str, float]:
    """Run the stage `stats` on params.yaml, for the one stat of the command line.

    Raises:
        UserError: none or several are named, or the section `stats` has not got it.
    """
    names = sys.argv[1:] or [stage_item()]
    if len(names) != 1 or not names[0]:
        raise UserError("name one stat: python -m bettersynth.steps.stats NAME")
    name = names[0]
    params = load_params()
    # a mistake in the settings is told before the pool is read
    stats_settings(params, name)
    note_unlisted(operator_of(params["stats"], name))
    pool = read_pool()
    made: list[int] = []
    carried: list[int] = []
    start = time.perf_counter()
    values = measure_pool(params, name, pool, made=made.append, on_the_way=carried.append)
    write_stats(name, pool["id"], values)
    seconds = time.perf_counter() - start
    waiting = waiting_share(model_uses())
    others = f"; {sum(carried):,} values of other stats on the way" if sum(carried) else ""
    print(f"{name}: {pool.num_rows:,} samples in {seconds:.1f} s{others}{in_words(waiting)}")
    counts: dict[str, float] = {"samples": pool.num_rows, "made": sum(made or [pool.num_rows])}
    if sum(carried):
        # beside its own: they are in the seconds, and spare them to the stages of the others
        counts["on_the_way"] = sum(carried)
    return {**counts, **in_ledger(waiting)}


if __name__ == "__main__":
    run_step(main)
