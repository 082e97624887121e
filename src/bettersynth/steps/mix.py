"""Make the stage-1 training set: exchange captions, then repeat or sample up to the budget.

Run alone: `python -m bettersynth.steps.mix`. Writes `data/mix/`: train.json (LLaVA json, in
training order), mix.parquet, decisions.parquet and card.json.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.mixing.training_set import make_training_set
from bettersynth.settings.caption import keeps_originals
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.mix import MixSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> dict[str, int]:
    """Run the stage `mix` on params.yaml."""
    params = load_params()
    settings = read_settings(MixSettings, params.get("mix"), "params.yaml: mix")
    filters = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    counts = make_training_set(settings, filters, keeps_originals(params), params)
    print(
        f"{counts['original']:,} samples as they came, {counts['exchanged']:,} with a new caption "
        f"or picture, {counts['visits']:,} visits"
    )
    return {"samples": counts["samples"]}


if __name__ == "__main__":
    run_step(main)
