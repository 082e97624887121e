"""Train nano's language model, text alone: it stands where gemma-2b-it stands.

Run alone: `bettersynth compose +nano_decoder=nano && python -m bettersynth.steps.nano_decoder`. It
reads the archives that `python -m bettersynth.steps.fetch` puts under `data/archives/`. The result
is committed under `models/nano-decoder/`, so no stage of the pipeline runs this step.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.pretrain_lm.nano_decoder import train_decoder
from bettersynth.settings.nano_decoder import NanoDecoderSettings
from bettersynth.settings.reading import load_params, read_settings


def main() -> None:
    """Train the decoder that params.yaml says."""
    section = load_params().get("nano_decoder")
    settings = read_settings(NanoDecoderSettings, section, "params.yaml: nano_decoder")
    train_decoder(settings)
    print(f"{settings.output}: trained")


if __name__ == "__main__":
    run_step(main)
