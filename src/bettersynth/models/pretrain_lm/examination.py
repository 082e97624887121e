"""What the nano decoder can do on rows that it has not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from bettersynth.models.pretrain_lm.decoder import answer_logits
from bettersynth.models.pretrain_lm.rows import Mixture, Row
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.models.pretrain_lm.thing_boards import ThingSampler

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM

BATCH = 64
NOISE_LEVELS = {
    "clean": Mixture(noise=0.0, clean=1.0, clutter=0.0),
    "medium": Mixture(noise=1.0, clean=0.0, clutter=1.0),
    "hard": Mixture(noise=2.5, clean=0.0, clutter=1.0),
}


@torch.no_grad()
def accuracy(model: GemmaForCausalLM, rows: list[Row], seed: int) -> dict[str, float]:
    """Return the shares of rows that are answered right.

    `first`: the first answer token is the most likely of all tokens. `exact`: every answer token is
    (the greedy answer equals the target). `listed`: the mean chance of picking any listed letter or
    word, where rows list some.
    """
    model.eval()
    generator = torch.Generator().manual_seed(seed)
    first: list[bool] = []
    exact: list[bool] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        logits, targets, owner = answer_logits(model, batch, generator)
        right = (logits.argmax(-1) == targets).tolist()  # [answer tokens]
        by_row: dict[int, list[bool]] = defaultdict(list)
        for is_right, position in zip(right, owner.tolist(), strict=True):
            by_row[position].append(is_right)
        for position in range(len(batch)):
            # a row's tokens come in order
            first.append(by_row[position][0])
            exact.append(all(by_row[position]))
    shares = {"first": sum(first) / len(first), "exact": sum(exact) / len(exact)}
    chances = [1 / len(row.listed) for row in rows if row.listed]
    if chances:
        shares["listed"] = sum(chances) / len(chances)
    return shares


def examination(sampler: ThingSampler, rows: int, things: bool = False) -> dict[str, list[Row]]:
    """Draw the test rows once, by the name of the test.

    Tests are letters with four options and naming under every noise, and each sign question (half
    as many rows) under clean and medium noise; with `things` the thing among signs under every
    noise, drawn last, so that the rows of the other tests are the same with it and without.
    """
    tests: dict[str, list[Row]] = {}
    for level, mixture in NOISE_LEVELS.items():
        for name, draw in _concept_tests(sampler, mixture).items():
            tests[f"{name} {level}"] = [draw() for _ in range(rows)]
        if level == "hard":
            continue
        for name, draw in _sign_tests(sampler, mixture).items():
            tests[f"{name} {level}"] = [draw() for _ in range(rows // 2)]
    if things:
        for level, mixture in NOISE_LEVELS.items():
            tests[f"things {level}"] = [sampler.things(mixture) for _ in range(rows)]
    return tests


def _concept_tests(sampler: TaskSampler, mixture: Mixture) -> dict[str, Callable[[], Row]]:
    lexicon = sampler.lexicon
    one_word = replace(mixture, multi_word=0.0)

    def name_new_concept() -> Row:
        return sampler.concept_name(sampler.random.choice(lexicon.concepts), mixture)

    def name_known_concept() -> Row:
        return sampler.concept_name(sampler.random.choice(lexicon.trained_concepts), mixture)

    return {
        "letters-1word": lambda: sampler.letters(one_word, options=4),
        "letters": lambda: sampler.letters(mixture, options=4),
        "naming": name_new_concept,
        "naming-known": name_known_concept,
    }


def _sign_tests(sampler: TaskSampler, mixture: Mixture) -> dict[str, Callable[[], Row]]:
    def of(kind: str, count: int) -> Callable[[], Row]:
        return lambda: sampler.signs(mixture, kind, count)

    tests = {"only": of("only", 1)}
    for kind in ("top", "bottom", "color"):
        tests[f"{kind}2"] = of(kind, 2)
        tests[f"{kind}3"] = of(kind, 3)
    return tests
