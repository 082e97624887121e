"""Describe again the samples whose picture and caption agree too little.

Run alone: `python -m bettersynth.steps.caption`. Writes `data/caption/candidates.parquet`.
"""

from __future__ import annotations

from bettersynth.data.tables.candidates import write_candidates
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.devices.held_model import model_uses
from bettersynth.models.devices.model_use import in_ledger, in_words, waiting_share
from bettersynth.recipes.recaptioning import new_captions
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> dict[str, float]:
    """Run the stage `caption` on params.yaml."""
    params = load_params()
    settings = read_settings(CaptionSettings, params.get("caption"), "params.yaml: caption")
    if settings.captioner == "none":
        write_candidates([])
        print("caption: none, as caption.captioner says")
        return {"samples": 0}
    rows, samples, made = new_captions(settings, params)
    write_candidates(rows)
    waiting = waiting_share(model_uses())
    print(
        f"caption: {samples:,} samples, {len(rows):,} new captions by {settings.captioner}; "
        f"{made:,} made now{in_words(waiting)}"
    )
    return {"samples": samples * settings.caption_num, "made": made, **in_ledger(waiting)}


if __name__ == "__main__":
    run_step(main)
