"""Look for the benchmarks' pictures, questions and answers in the training data.

Run alone: `python -m bettersynth.steps.contamination`. Writes `data/contamination/`:
`findings.parquet`, `card.json` and `dropped.json` (what neither training stage uses); by the
settings the run ends where something is found.
"""

from __future__ import annotations

from bettersynth.data.tables.contamination import write_dropped
from bettersynth.evaluation.contamination.searching import (
    described,
    require_clean,
    rows_to_drop,
    search_training_data,
)
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.contamination import ContaminationSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> dict[str, int]:
    """Run the stage `contamination` on params.yaml."""
    section = load_params().get("contamination")
    settings = read_settings(ContaminationSettings, section, "params.yaml: contamination")
    findings, card = search_training_data(settings)
    print(described(findings, card))
    require_clean(findings, settings)
    pool = rows_to_drop(findings, settings, "pool")
    instruction = rows_to_drop(findings, settings, "instruction")
    write_dropped(list(pool.values()), list(instruction))
    return {"samples": sum(counts["samples"] for counts in card["sets"].values())}


if __name__ == "__main__":
    run_step(main)
