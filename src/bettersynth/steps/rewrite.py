"""Rewrite the pool's texts with the mappers of the recipe, before anything is measured.

Run alone: `python -m bettersynth.steps.rewrite`. Writes `data/rewrite/`: `rewritten.parquet` holds
the changed texts alone, each beside the pool's own, `card.json` the counts. By default nothing is
changed.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.code_dependencies import note_unlisted
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.rewrite_section import read_mappers
from bettersynth.recipes.rewriting import rewrite_pool
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.rewrite import RewriteSettings


def main() -> dict[str, int]:
    """Run the stage `rewrite` on params.yaml."""
    params = load_params()
    settings = read_settings(RewriteSettings, params.get("rewrite"), "params.yaml: rewrite")
    lines = read_mappers(settings)
    for line in lines:
        note_unlisted(line.name)
    card = rewrite_pool(lines)
    for label, count in card["by_mapper"].items():
        print(f"{count:>8,} texts changed by {label}")
    if card["without_words"]:
        print(
            f"{card['without_words']:,} texts have no word left; a text_length_filter in "
            "filter.recipe drops them"
        )
    print(f"rewrite: {card['rewritten']:,} texts of the pool changed")
    return {"samples": card["rewritten"]}


if __name__ == "__main__":
    run_step(main)
