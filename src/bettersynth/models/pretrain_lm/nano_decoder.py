"""Nano's language model from nothing: corpus, tokenizer, two parts of training, its folder."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import torch
from tqdm import tqdm
from transformers import GemmaForCausalLM

from bettersynth.models.pretrain_lm.corpus import Corpus, read_corpus
from bettersynth.models.pretrain_lm.curricula import color_curriculum, first_curriculum
from bettersynth.models.pretrain_lm.decoder import new_decoder
from bettersynth.models.pretrain_lm.examination import accuracy, examination
from bettersynth.models.pretrain_lm.rows import Row
from bettersynth.models.pretrain_lm.saving import save_decoder
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.models.pretrain_lm.tokenizer import build_tokenizer
from bettersynth.models.pretrain_lm.training import train
from bettersynth.settings.nano_decoder import NanoDecoderSettings

# not the training's: the examined rows are drawn apart from it
EXAM_SEED = 99
# decimals: to 10,000
TOKENS_ROUNDED_TO = -4
# of losses and accuracies
DECIMALS = 2


class TrainingLog:
    """The lines of the training log: losses, and accuracies on held-out concepts.

    They are rounded, as those of the committed decoder are.
    """

    def __init__(self, model: GemmaForCausalLM, tests: dict[str, list[Row]], seed: int) -> None:
        self.model = model
        self.tests = tests
        self.seed = seed
        self.lines: list[dict[str, Any]] = []
        # of the training: its name, and the steps before it
        self.part = ""
        self.steps_before = 0
        self._started = time.process_time()

    def report(self, step: int, measures: dict[str, float]) -> None:
        """Add a line: `measures` hold the tokens so far and the losses."""
        scores = self._scores()
        line: dict[str, Any] = {"step": self.steps_before + step}
        for name, value in {**measures, **scores}.items():
            line[name] = round(value, TOKENS_ROUNDED_TO if name == "tokens" else DECIMALS)
        self.lines.append(line)
        seconds = time.process_time() - self._started
        medium = [f"{name} {score:.2f}" for name, score in scores.items() if "medium" in name]
        tqdm.write(
            f"{self.part} {step}, {measures['tokens'] / 1e6:.1f}M tokens, {seconds:.0f} CPU s: "
            f"{', '.join(medium)}"
        )

    def _scores(self) -> dict[str, float]:
        scores = {}
        for name, rows in self.tests.items():
            shares = accuracy(self.model, rows, self.seed)
            scores[name] = shares["exact" if name.startswith("naming") else "first"]
        return scores


def train_decoder(settings: NanoDecoderSettings) -> list[dict[str, Any]]:
    """Train and save the decoder; return the lines of its training log.

    Raises:
        UserError: the archives of text are missing.
    """
    # the bits of a sum depend on the number of threads
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    corpus = read_corpus(settings.archives)
    tokenizer = build_tokenizer(corpus, settings.pieces, settings.min_count)
    model = new_decoder(settings.shape, len(tokenizer), settings.seed)
    examiner = TaskSampler(corpus, tokenizer, EXAM_SEED, held_out=True)
    log = TrainingLog(model, examination(examiner, settings.exam_rows), settings.seed + 1)
    parts = (
        ("all", settings.schedule, first_curriculum),
        ("colors", settings.colors, color_curriculum),
    )
    for number, (name, schedule, curriculum) in enumerate(parts):
        if schedule is None:
            continue
        log.part = name
        # of the rows; the next one is the order's
        seed = settings.seed + 1 + 2 * number
        sampler = TaskSampler(corpus, tokenizer, seed)
        steps = train(
            model, sampler, schedule, curriculum, seed + 1, log.report, settings.report_every
        )
        for _ in tqdm(steps, total=schedule.steps, desc=name, unit="step"):
            pass
        log.steps_before += schedule.steps
    facts = manifest_facts(settings, corpus, model)
    save_decoder(settings.output, model, tokenizer, log.lines, facts)
    return log.lines


def manifest_facts(
    settings: NanoDecoderSettings, corpus: Corpus, model: GemmaForCausalLM
) -> dict[str, Any]:
    """Return what the manifest says beside the files' hashes."""
    deciding = {}
    for name, value in dataclasses.asdict(settings).items():
        if name not in ("archives", "output") and value is not None:
            deciding[name] = value
    return {
        "made_by": "python -m bettersynth.steps.nano_decoder",
        "settings": deciding,
        "corpus": {
            "concepts": len(corpus.concepts),
            "sentences": len(corpus.sentences),
            "clip-art titles": len(corpus.clipart),
        },
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "torch": str(torch.__version__).split("+")[0],
    }
