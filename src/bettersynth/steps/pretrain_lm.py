"""Train a language model further on text, before stage 1: `models/language-model/`.

Run alone: `bettersynth compose pretrain_lm=text 'pretrain_lm.text.train_files=[corpus.csv]'`, then
`python -m bettersynth.steps.pretrain_lm`. Writes the curves to `results/pretrain_lm/` too.
"""

from __future__ import annotations

from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.pretrain_lm.continued import continue_pretraining
from bettersynth.models.training.environment import training_process
from bettersynth.models.training.launch import launch_processes
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.pretrain_lm import LANGUAGE_MODEL, PretrainLmSettings
from bettersynth.settings.reading import load_params, read_settings

MODULE = "bettersynth.steps.pretrain_lm"


def main() -> None:
    """Run the stage `pretrain_lm` on params.yaml.

    Raises:
        UserError: no text is named to train on.
    """
    params = load_params()
    section = params.get("pretrain_lm")
    text = read_settings(PretrainLmSettings, section, "params.yaml: pretrain_lm").text
    if text is None:
        raise UserError(
            "params.yaml: pretrain_lm.text is null, so there is nothing to train on; choose "
            "pretrain_lm=text"
        )
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    launch_processes(launch, text, MODULE, [])
    with training_process(text.threads, text.deepspeed):
        log = continue_pretraining(text, Path(LANGUAGE_MODEL))
    if is_main_process():
        first, last = log[0], log[-1]
        print(
            f"{LANGUAGE_MODEL}: held-out perplexity {first['perplexity']:.3f} -> "
            f"{last['perplexity']:.3f}, token accuracy {first['token_accuracy']:.4f} -> "
            f"{last['token_accuracy']:.4f}"
        )


if __name__ == "__main__":
    run_step(main)
