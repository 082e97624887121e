"""Measure the new captions with every operator whose value depends on text, and samples with a new
picture with every operator.

Run alone: `python -m bettersynth.steps.restats`. Writes `data/restats/restats.parquet`. The
pictures of new captions are the pool's, so what reads pictures alone is not measured again: it has
no value there.
"""

from __future__ import annotations

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.candidates import read_candidates
from bettersynth.data.tables.column_rows import rows_of_ids, take_table
from bettersynth.data.tables.drawn import drawn_samples, read_drawn
from bettersynth.data.tables.new_versions import read_new_versions
from bettersynth.data.tables.restats import write_restats
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.protocols import Values
from bettersynth.models.devices.held_model import model_uses
from bettersynth.models.devices.model_use import in_ledger, in_words, waiting_share
from bettersynth.recipes.pool_measuring import measure_drawn, measure_new_captions
from bettersynth.settings.reading import load_params


def main() -> dict[str, float]:
    """Run the stage `restats` on params.yaml."""
    params = load_params()
    pool = read_pool()
    ids = pool["id"]
    candidates = read_candidates(ids)
    shown = take_table(pool, rows_of_ids(ids, candidates["id"]))
    made: list[int] = []
    texts = candidates["text"].to_pylist()
    values = measure_new_captions(params, shown, texts, made.append)
    drawn = read_drawn(ids)
    if drawn.num_rows:
        of_drawn = measure_drawn(params, drawn_samples(pool, drawn))
        values = _one_after_the_other(values, candidates.num_rows, of_drawn, drawn.num_rows)
    write_restats(read_new_versions(ids), values)
    measured = ", ".join(values) or "nothing to measure"
    pictures = f" and {drawn.num_rows:,} new pictures" if drawn.num_rows else ""
    waiting = waiting_share(model_uses())
    print(f"restats: {candidates.num_rows:,} new captions{pictures}, {measured}{in_words(waiting)}")
    # by the stat that the cache knew least of; pictures are counted as made
    of_captions = max(made, default=candidates.num_rows)
    return {
        "samples": candidates.num_rows + drawn.num_rows,
        "made": of_captions + drawn.num_rows,
        **in_ledger(waiting),
    }


def _one_after_the_other(first: Values, rows: int, second: Values, further_rows: int) -> Values:
    """Return the columns of both, None where a stat has no value."""
    joined: Values = {}
    for stat in [*first, *(stat for stat in second if stat not in first)]:
        own = first.get(stat, [None] * rows)
        further = second.get(stat, [None] * further_rows)
        joined[stat] = [*own, *further]
    return joined


if __name__ == "__main__":
    run_step(main)
