"""Measure the new captions with every operator whose value depends on text: `data/restats/restats.parquet`.

Run alone: `python -m bettersynth.steps.restats`. The pictures are the pool's, so what reads pictures alone is not measured again.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.measure import reads_of
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.stat_tables import batch_of, read_pool, values_table
from bettersynth.operators import load_operator
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.reading import load_params
from bettersynth.steps.stats import measure_all

CANDIDATES = Path("data/caption/candidates.parquet")
RESTATS = Path("data/restats/restats.parquet")


def main() -> dict[str, int]:
    params = load_params()
    if not CANDIDATES.exists():
        raise UserError(f"{CANDIDATES} does not exist; run `snakemake --cores all {CANDIDATES}`")
    candidates = read_table(CANDIDATES)
    pool = read_pool()
    rows = {sample: row for row, sample in enumerate(pool["id"].to_pylist())}
    unknown = [sample for sample in candidates["id"].to_pylist() if sample not in rows]
    if unknown:
        raise UserError(
            f"{CANDIDATES}: {unknown[0]} is not in the pool; run `python -m bettersynth.steps.caption`"
        )
    shown = pa.array([rows[sample] for sample in candidates["id"].to_pylist()], pa.int64())
    batch = batch_of(pool.take(shown), candidates["text"].to_pylist())
    values: Values = {}
    for name in params.get("stats") or {}:
        operator, settings = load_operator(name), stats_settings(params, name)
        if "text" in reads_of(operator, settings):
            values |= measure_all(operator, settings, batch, name)
    write_table(
        RESTATS,
        values_table({"id": candidates["id"], "candidate": candidates["candidate"]}, values),
    )
    print(
        f"restats: {candidates.num_rows:,} new captions, {', '.join(values) or 'nothing to measure'}"
    )
    return {"samples": candidates.num_rows}


if __name__ == "__main__":
    run_step(main)
