"""Train a language model on text alone: nano's decoder from nothing, or any model further on files of text.

Run alone: `python -m bettersynth.steps.pretrain_lm`. Without `text` it trains nano's language model (it stands where gemma-2b-it stands)
from the archives that `python -m bettersynth.steps.fetch` puts under `data/archives/`; the result is committed under `models/nano-decoder/`,
so the pipeline does not run this step. With `text` (conf/pretrain_lm/text.yaml) it trains `text.language_model` on csv, jsonl or txt files.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import torch
from tqdm import tqdm

from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.pretrain_lm.continued import continue_pretraining
from bettersynth.models.pretrain_lm.corpus import read_corpus
from bettersynth.models.pretrain_lm.saving import save_decoder
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.models.pretrain_lm.tokenizer import build_tokenizer
from bettersynth.models.pretrain_lm.training import (
    accuracy,
    color_curriculum,
    examination,
    first_curriculum,
    new_decoder,
    train,
)
from bettersynth.models.training.launch import launch_processes
from bettersynth.models.training.trainer import is_main_process
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.pretrain_lm import PretrainLmSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.training import TrainingSettings

EXAM_SEED = 99


def train_decoder(settings: PretrainLmSettings) -> list[dict[str, Any]]:
    """Train and save the decoder; return the lines of its training log (losses, and accuracies on held-out concepts).

    The log is rounded, as the committed one is: tokens to 10,000, losses and accuracies to two decimals.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    corpus = read_corpus(settings.archives)
    tokenizer = build_tokenizer(corpus, settings.pieces, settings.min_count)
    model = new_decoder(settings.shape, len(tokenizer), settings.seed)
    tests = examination(
        TaskSampler(corpus, tokenizer, EXAM_SEED, held_out=True), settings.exam_rows
    )
    log: list[dict[str, Any]] = []
    started = time.process_time()

    def report(step: int, measures: dict[str, float]) -> None:
        scores = {}
        for name, rows in tests.items():
            found = accuracy(model, rows, settings.seed + 1)
            scores[name] = found["exact" if name.startswith("naming") else "first"]
        rounded = {
            name: round(value, 2)
            for name, value in {**measures, **scores}.items()
            if name != "tokens"
        }
        log.append({"step": before + step, "tokens": round(measures["tokens"], -4), **rounded})
        told = ", ".join(
            f"{name} {score:.2f}" for name, score in scores.items() if "medium" in name
        )
        tqdm.write(
            f"{part} {step}, {measures['tokens'] / 1e6:.1f}M tokens, {time.process_time() - started:.0f} CPU s: {told}"
        )

    parts = (
        ("all", settings.schedule, first_curriculum),
        ("colors", settings.colors, color_curriculum),
    )
    before = 0
    for number, (part, schedule, curriculum) in enumerate(parts):
        if schedule is None:
            continue
        seed = settings.seed + 1 + 2 * number
        sampler = TaskSampler(corpus, tokenizer, seed)
        steps = train(model, sampler, schedule, curriculum, seed + 1, report, settings.report_every)
        for _ in tqdm(steps, total=schedule.steps, desc=part, unit="step"):
            pass
        before += schedule.steps
    facts = {
        "made_by": "python -m bettersynth.steps.pretrain_lm",
        "settings": {
            k: v
            for k, v in dataclasses.asdict(settings).items()
            if k not in ("archives", "output") and v is not None
        },
        "corpus": {
            "concepts": len(corpus.concepts),
            "sentences": len(corpus.sentences),
            "clip-art titles": len(corpus.clipart),
        },
        "parameters": sum(p.numel() for p in model.parameters()),
        "torch": str(torch.__version__).split("+")[0],
    }
    save_decoder(settings.output, model, tokenizer, log, facts)
    return log


def main() -> None:
    params = load_params()
    settings = read_settings(
        PretrainLmSettings, params.get("pretrain_lm"), "params.yaml: pretrain_lm"
    )
    if settings.text is not None:
        launch = read_settings(LaunchSettings, params.get("launch"), "params.yaml: launch")
        launch_processes(
            launch,
            TrainingSettings(threads=settings.text.threads),
            "bettersynth.steps.pretrain_lm",
            [],
        )
        log = continue_pretraining(settings.text, settings.output, settings.seed)
        if not is_main_process():
            return
        first, last = (
            {name: entry[name] for name in ("perplexity", "token_accuracy")}
            for entry in (log[0], log[-1])
        )
        print(
            f"held-out perplexity {first['perplexity']:.3f} -> {last['perplexity']:.3f}, ", end=""
        )
        print(f"token accuracy {first['token_accuracy']:.4f} -> {last['token_accuracy']:.4f}")
    else:
        train_decoder(settings)
    print(f"{settings.output}: trained")


if __name__ == "__main__":
    run_step(main)
