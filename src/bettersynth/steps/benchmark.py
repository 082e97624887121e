"""Build the two benchmarks from held-out pictures and drawn sign boards, or take the real files.

Run alone: `python -m bettersynth.steps.benchmark`. Writes `data/benchmark/`: `mmbench.tsv`,
`textvqa.jsonl`, `textvqa_annotations.json`, `textvqa_images`, and `baselines.json` (what
guessing gets).
"""

from __future__ import annotations

from pathlib import Path

from bettersynth.evaluation.benchmarks.guessing_levels import described, measure_baselines
from bettersynth.evaluation.benchmarks.mmbench_building import build_mmbench
from bettersynth.evaluation.benchmarks.real_files import take_mmbench, take_textvqa
from bettersynth.evaluation.benchmarks.textvqa_building import build_textvqa
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.benchmark import BenchmarkSettings
from bettersynth.settings.reading import load_params, read_settings, threads


def main() -> None:
    """Run the stage `benchmark` on params.yaml."""
    section = load_params().get("benchmark")
    settings = read_settings(BenchmarkSettings, section, "params.yaml: benchmark")
    if settings.mmbench.file:
        take_mmbench(Path(settings.mmbench.file))
    else:
        build_mmbench(settings.mmbench, settings.seed)
    real = settings.textvqa
    if real.questions and real.annotations and real.images:
        take_textvqa(Path(real.questions), Path(real.annotations), Path(real.images))
    else:
        build_textvqa(settings.textvqa, settings.seed, threads())
    print(described(measure_baselines()))


if __name__ == "__main__":
    run_step(main)
