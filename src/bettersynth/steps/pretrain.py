"""Stage 1: projector and patch info mining learn to speak to the frozen language model.

Run alone: `python -m bettersynth.steps.pretrain SEED`. Writes `models/pretrain/SEED/` and
`results/pretrain/SEED.tsv`; with `restarts`, the curves of all starts lie in
`models/pretrain/SEED/starts.tsv`.
"""

from __future__ import annotations

import sys

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.training.environment import training_process
from bettersynth.models.training.launch import launch_processes
from bettersynth.models.training.pretrain_stage import pretrain
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.pretrain import PretrainSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import seed_argument

MODULE = "bettersynth.steps.pretrain"


def main() -> dict[str, int] | None:
    """Run the stage `pretrain` on params.yaml."""
    seed = seed_argument(sys.argv[1:], MODULE)
    params = load_params()
    settings = read_settings(PretrainSettings, params.get("pretrain"), "params.yaml: pretrain")
    model = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
    launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
    launch_processes(launch, settings, MODULE, [str(seed)])
    with training_process(settings.threads, settings.deepspeed):
        return pretrain(seed, settings, model)


if __name__ == "__main__":
    run_step(main)
