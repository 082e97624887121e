"""Train a language model on text alone: nano's decoder from nothing, or any model further.

Run alone: `python -m bettersynth.steps.pretrain_lm`. Without `text` it trains nano's language model
(it stands where gemma-2b-it stands) from the archives that `python -m bettersynth.steps.fetch` puts
under `data/archives/`; the result is committed under `models/nano-decoder/`, so the pipeline does
not run this step. With `text` (conf/pretrain_lm/text.yaml) it trains `text.language_model` on csv,
jsonl or txt files.
"""

from __future__ import annotations

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.pretrain_lm.continued import continue_pretraining
from bettersynth.models.pretrain_lm.nano_decoder import train_decoder
from bettersynth.models.training.environment import training_process
from bettersynth.models.training.launch import launch_processes
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.pretrain_lm import PretrainLmSettings, TextSettings
from bettersynth.settings.reading import load_params, read_settings

MODULE = "bettersynth.steps.pretrain_lm"


def main() -> None:
    """Run the stage `pretrain_lm` on params.yaml."""
    params = load_params()
    settings = read_settings(
        PretrainLmSettings, params.get("pretrain_lm"), "params.yaml: pretrain_lm"
    )
    if settings.text is None:
        train_decoder(settings)
    else:
        launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
        train_on_text(settings, settings.text, launch)
    if is_main_process():
        print(f"{settings.output}: trained")


def train_on_text(settings: PretrainLmSettings, text: TextSettings, launch: LaunchSettings) -> None:
    """Train a language model further on files of text, in one process or several."""
    launch_processes(launch, text, MODULE, [])
    with training_process(text.threads, text.deepspeed):
        log = continue_pretraining(text, settings.output, settings.seed)
    if is_main_process():
        first, last = log[0], log[-1]
        print(
            f"held-out perplexity {first['perplexity']:.3f} -> {last['perplexity']:.3f}, "
            f"token accuracy {first['token_accuracy']:.4f} -> {last['token_accuracy']:.4f}"
        )


if __name__ == "__main__":
    run_step(main)
