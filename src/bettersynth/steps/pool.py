"""Make the pool: every picture decoded once, the splits, planted mismatches. Writes `data/pool/`.

Run alone: `python -m bettersynth.steps.pool`. `samples.parquet` and `images/` hold the samples,
`rejects.parquet` what could not be used, `planted.parquet` which captions were swapped (no recipe
reads it), `card.json` the counts.
"""

from __future__ import annotations

from bettersynth.data.pool.making import make_pool
from bettersynth.data.pool.own_pairs import nano_note, own_similarity_note
from bettersynth.data.tables.samples import read_samples
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.reading import load_params, read_settings, threads
from bettersynth.settings.source import read_source


def main() -> dict[str, int]:
    """Run the stage `pool` on params.yaml."""
    params = load_params()
    source = read_source(params)
    settings = read_settings(PoolSettings, params.get("pool"), "params.yaml: pool")
    if note := nano_note(params):
        print(note)
    samples = make_pool(source, settings, threads())
    recipe = (params.get("filter") or {}).get("recipe") or []
    if note := own_similarity_note(read_samples(), recipe):
        print(note)
    return {"samples": samples}


if __name__ == "__main__":
    run_step(main)
