"""Measure the new captions with every operator whose value depends on text.

Run alone: `python -m bettersynth.steps.restats`. Writes `data/restats/restats.parquet`. The
pictures are the pool's, so what reads pictures alone is not measured again.
"""

from __future__ import annotations

import pyarrow as pa

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.candidates import read_candidates
from bettersynth.data.tables.restats import write_restats
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.pool_measuring import measure_new_captions
from bettersynth.settings.reading import load_params


def main() -> dict[str, int]:
    """Run the stage `restats` on params.yaml."""
    params = load_params()
    pool = read_pool()
    ids = pool["id"].to_pylist()
    candidates = read_candidates(ids)
    row_of = {sample: row for row, sample in enumerate(ids)}
    rows = [row_of[sample] for sample in candidates["id"].to_pylist()]
    shown = pool.take(pa.array(rows, pa.int64()))
    values = measure_new_captions(params, shown, candidates["text"].to_pylist())
    write_restats(candidates, values)
    measured = ", ".join(values) or "nothing to measure"
    print(f"restats: {candidates.num_rows:,} new captions, {measured}")
    return {"samples": candidates.num_rows}


if __name__ == "__main__":
    run_step(main)
