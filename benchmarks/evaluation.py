"""Measure what answering the nano benchmarks costs, against the reference's loop: one question at a
time, its picture encoded anew.

    PYTHONPATH=src python benchmarks/evaluation.py --questions 300
    # in a project that has run; about 2 minutes on one core

Three ways to the greedy answers of the same questions by the same trained models, on one thread, in
CPU seconds: `reference` encodes the picture with the towers for each question and calls
transformers' `generate` with a batch of one, as LLaVA's and MGM's scripts do; `cached` is that loop
with the towers' features read from `data/features`; `ours` is the step `predict` (batches of like
length), and `encoding` what the step `features` takes for these pictures, once for all models. The
answers must be the same, character by character. The option likelihood, which the reference does
not have, is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.benchmark import BOARDS, MMBENCH, read_text_questions
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.mmbench_pictures import read_pictures
from bettersynth.models.answering.answerer import Answerer, trained_folder
from bettersynth.models.answering.generation import embed
from bettersynth.models.backbones import lite0_towers
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.reading import load_params, read_settings

Row = tuple[str, bytes]
"""A question's text and its picture's bytes."""


def mmbench_rows(count: int) -> list[Row]:
    """Return the rows of the first `count` questions' rolled forms, `count` rows in all."""
    questions = sorted(
        mmbench.read_questions(MMBENCH, need_answers=False),
        key=lambda question: (question.group, question.index),
    )
    pictures = read_pictures(MMBENCH)
    return [(mmbench.prompt(question), pictures[question.index]) for question in questions[:count]]


def textvqa_rows(count: int) -> list[Row]:
    """Return the first questions of TextVQA with their pictures."""
    store = ImageStore(BOARDS)
    return [(row["text"], store.read(row["image"])) for row in read_text_questions()[:count]]


@contextlib.contextmanager
def one_picture_a_batch() -> Iterator[None]:
    """The project's towers always fill a batch, for bits that do not depend on neighbours; the
    reference's loop does not.
    """
    batch, lite0_towers.BATCH = lite0_towers.BATCH, 1
    try:
        yield
    finally:
        lite0_towers.BATCH = batch


def image_tokens(answerer: Answerer, low: object, high: object) -> Tensor:
    """Return the image tokens of features as arrays, `[pictures, tokens, hidden]`."""
    return answerer.model.image_tokens(
        torch.from_numpy(low).float(), torch.from_numpy(high).float()
    )


@torch.inference_mode()
def reference_loop(
    answerer: Answerer, rows: Sequence[Row], max_new_tokens: int, towers: Lite0Towers | None
) -> list[str]:
    """Answer one question at a time with transformers' `generate`; `towers` encode each question's
    picture, None reads the cache.
    """
    store, model, answers = FeatureStore(), answerer.model, []
    for text, picture in rows:
        if towers is not None:
            with one_picture_a_batch():
                found = towers.features([decode_image(picture)])
            answerer.pictures = image_tokens(answerer, found.low_res, found.high_res)
        else:
            row = store.rows([sha256_of_bytes(picture)])
            answerer.pictures = image_tokens(answerer, store.low_res(row), store.high_res(row))
        embeds, mask, _ = embed(model, [answerer.prompt(text, 0)], answerer.pictures, None, "left")
        tokens = model.language_model.generate(
            inputs_embeds=embeds,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=sorted(answerer.stop_tokens),
            pad_token_id=0,
        )[0].tolist()
        ends = [place for place, token in enumerate(tokens) if token in answerer.stop_tokens]
        kept = tokens[: ends[0]] if ends else tokens
        answers.append(answerer.tokenizer.decode(kept, skip_special_tokens=True).strip())
    return answers


def our_way(answerer: Answerer, rows: Sequence[Row], max_new_tokens: int) -> list[str]:
    """Answer as the step `predict` does."""
    position: dict[bytes, int] = {}
    pictures = [position.setdefault(picture, len(position)) for _, picture in rows]
    answerer.see(list(position))
    return answerer.answers(
        [answerer.prompt(text, picture) for (text, _), picture in zip(rows, pictures, strict=True)],
        max_new_tokens,
        "",
    )


def measured(way: Callable[[], Any]) -> tuple[float, Any]:
    """Return (CPU seconds, result)."""
    start = time.process_time()
    result = way()
    return time.process_time() - start, result


def main() -> None:
    """Time our answers and the reference's, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=300, help="rows of each benchmark")
    parser.add_argument(
        "--models", type=int, default=5, help="trained models; default: the five of nano"
    )
    arguments = parser.parse_args()
    settings = read_settings(PredictSettings, load_params().get("predict"), "params.yaml: predict")
    set_deterministic(1)
    towers = Lite0Towers.load(Path("models/towers"))
    answerers = [Answerer(trained_folder(seed), settings) for seed in range(arguments.models)]
    print(
        f"{arguments.models} models; benchmark, rows, pictures | CPU seconds: reference, "
        f"cached, ours, encoding | ratios | same answers"
    )
    for name, rows, tokens in (
        ("mmbench", mmbench_rows(arguments.questions), settings.mmbench_tokens),
        ("textvqa", textvqa_rows(arguments.questions), settings.textvqa_tokens),
    ):
        distinct = list({picture: None for _, picture in rows})
        our_way(answerers[0], rows[:8], tokens)  # warm-up: first calls load and compile
        reference_loop(answerers[0], rows[:2], tokens, towers)
        encoding, _ = measured(
            functools.partial(towers.features, [decode_image(picture) for picture in distinct])
        )
        seconds, same = np.zeros(3), 0
        for answerer in answerers:
            ways = [
                measured(functools.partial(reference_loop, answerer, rows, tokens, towers)),
                measured(functools.partial(reference_loop, answerer, rows, tokens, None)),
                measured(functools.partial(our_way, answerer, rows, tokens)),
            ]
            seconds += [spent for spent, _ in ways]
            by_question = zip(*(found for _, found in ways), strict=True)
            same += sum(len(set(answers)) == 1 for answers in by_question)
        reference, cached, ours = seconds
        print(
            f"{name} {len(rows)} {len(distinct)} | {reference:.1f} {cached:.1f} {ours:.1f} "
            f"{encoding:.1f}"
            f" | reference / (ours + encoding) {reference / (ours + encoding):.1f}, cached / "
            f"ours {cached / ours:.1f}"
            f" | {same} of {len(rows) * len(answerers)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
