"""Nano's language model: corpus, tokenizer, the parts of its training, its folder."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import torch
from tqdm import tqdm
from transformers import GemmaForCausalLM, PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.pretrain_lm.corpus import Corpus, read_corpus
from bettersynth.models.pretrain_lm.curricula import (
    color_curriculum,
    first_curriculum,
    thing_curriculum,
)
from bettersynth.models.pretrain_lm.decoder import new_decoder, started_decoder
from bettersynth.models.pretrain_lm.examination import accuracy, examination
from bettersynth.models.pretrain_lm.rows import Row
from bettersynth.models.pretrain_lm.saving import save_decoder
from bettersynth.models.pretrain_lm.thing_boards import ThingSampler
from bettersynth.models.pretrain_lm.tokenizer import build_tokenizer
from bettersynth.models.pretrain_lm.training import train
from bettersynth.settings.nano_decoder import NanoDecoderSettings

# not the training's: the examined rows are drawn apart from it
EXAM_SEED = 99
# decimals: to 10,000
TOKENS_ROUNDED_TO = -4
# of losses and accuracies
DECIMALS = 2
# what a decoder that is gone on from has already
OF_THE_START = ("pieces", "min_count", "shape")


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
        UserError: the archives of text are missing, or `start` holds no decoder of this shape.
    """
    if settings.start and not settings.start.is_dir():
        raise UserError(
            f"params.yaml: nano_decoder.start is {settings.start}, which is no folder; name a "
            "decoder's, such as models/nano-decoder"
        )
    # the bits of a sum depend on the number of threads
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    corpus = read_corpus(settings.archives)
    model, tokenizer = _beginning(settings, corpus)
    examiner = ThingSampler(corpus, tokenizer, EXAM_SEED, held_out=True)
    tests = examination(examiner, settings.exam_rows, things=settings.things is not None)
    log = TrainingLog(model, tests, settings.seed + 1)
    parts = (
        ("all", settings.schedule, first_curriculum),
        ("colors", settings.colors, color_curriculum),
        ("things", settings.things, thing_curriculum),
    )
    for number, (name, schedule, curriculum) in enumerate(parts):
        if schedule is None:
            continue
        log.part = name
        # of the rows; the next one is the order's
        seed = settings.seed + 1 + 2 * number
        sampler = ThingSampler(corpus, tokenizer, seed)
        steps = train(
            model, sampler, schedule, curriculum, seed + 1, log.report, settings.report_every
        )
        for _ in tqdm(steps, total=schedule.steps, desc=name, unit="step"):
            pass
        log.steps_before += schedule.steps
    facts = manifest_facts(settings, corpus, model)
    save_decoder(settings.output, model, tokenizer, log.lines, facts)
    return log.lines


def _beginning(
    settings: NanoDecoderSettings, corpus: Corpus
) -> tuple[GemmaForCausalLM, PreTrainedTokenizerBase]:
    """Return the decoder before its first part of training, and its tokenizer."""
    if settings.start:
        tokenizer = load_tokenizer(settings.start)
        # how it was loaded is no part of it, but transformers would save it too
        for name in ("is_local", "local_files_only"):
            tokenizer.init_kwargs.pop(name, None)
        return started_decoder(settings.start, settings.shape), tokenizer
    tokenizer = build_tokenizer(corpus, settings.pieces, settings.min_count)
    return new_decoder(settings.shape, len(tokenizer), settings.seed), tokenizer


def manifest_facts(
    settings: NanoDecoderSettings, corpus: Corpus, model: GemmaForCausalLM
) -> dict[str, Any]:
    """Return what the manifest says beside the files' hashes."""
    start = settings.start
    left_out = ("archives", "output", "start", *(OF_THE_START if start else ()))
    deciding = {}
    for name, value in dataclasses.asdict(settings).items():
        if name not in left_out and value is not None:
            deciding[name] = value
    begun = {}
    if start:
        weights = sha256_of_file(start / "model.safetensors")
        begun["start"] = {"folder": start.as_posix(), "model.safetensors": weights}
    return {
        "made_by": "python -m bettersynth.steps.nano_decoder",
        **begun,
        "settings": deciding,
        "corpus": {
            "concepts": len(corpus.concepts),
            "sentences": len(corpus.sentences),
            "clip-art titles": len(corpus.clipart),
        },
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "torch": str(torch.__version__).split("+")[0],
    }
