"""Stage 2: projector, mining and language model learn the instruction data.

Run alone: `python -m bettersynth.steps.finetune SEED`. Writes `models/finetune/SEED/` (an
upstream-format folder with its tokenizer) and `results/finetune/SEED.tsv`.
"""

from __future__ import annotations

import sys

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.training.environment import training_process
from bettersynth.models.training.finetune_stage import finetune
from bettersynth.models.training.launch import launch_processes
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import seed_argument

MODULE = "bettersynth.steps.finetune"


def main() -> dict[str, int] | None:
    """Run the stage `finetune` on params.yaml."""
    seed = seed_argument(sys.argv[1:], MODULE)
    params = load_params()
    settings = read_settings(FinetuneSettings, params.get("finetune"), "params.yaml: finetune")
    model = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    launch_processes(launch, settings, MODULE, [str(seed)])
    with training_process(settings.threads, settings.deepspeed):
        return finetune(seed, settings, model)


if __name__ == "__main__":
    run_step(main)
