"""Train nano's prefix captioner on the reference split: `models/captioner/`.

Run alone: `python -m bettersynth.steps.captioner`. Where nothing is recaptioned, or a captioner
brings its own weights, none is trained.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.captioner_making import make_captioner, note_no_captioner
from bettersynth.settings.captioner import CaptionerSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> None:
    """Run the stage `captioner` on params.yaml."""
    section = load_params().get("captioner")
    settings = read_settings(CaptionerSettings, section, "params.yaml: captioner")
    print(make_captioner(settings) if settings.train else note_no_captioner())


if __name__ == "__main__":
    run_step(main)
