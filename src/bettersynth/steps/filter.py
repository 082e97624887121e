"""Apply the recipe to the measured pool: `data/filter/decisions.parquet` and `card.json`.

Run alone: `python -m bettersynth.steps.filter`. Moving a bound costs milliseconds.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.pool_filter import filter_pool
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> None:
    """Run the stage `filter` on params.yaml."""
    params = load_params()
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    filter_pool(settings, params)


if __name__ == "__main__":
    run_step(main)
