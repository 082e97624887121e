"""Train nano's image-text scorer, or note a ready one: `models/scorer/`.

Run alone: `python -m bettersynth.steps.scorer`.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.scorer_making import make_scorer, note_ready_scorer
from bettersynth.settings.reading import load_params, read_settings, threads
from bettersynth.settings.scorer import ScorerSettings


def main() -> None:
    """Run the stage `scorer` on params.yaml."""
    section = load_params().get("scorer")
    settings = read_settings(ScorerSettings, section, "params.yaml: scorer")
    if settings.folder:
        print(note_ready_scorer(settings.folder))
    else:
        print(make_scorer(settings, threads()))


if __name__ == "__main__":
    run_step(main)
