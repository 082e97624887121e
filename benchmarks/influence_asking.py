"""What every model of benchmarks/influence.py is asked, and what its answers are worth.

Letters in shapes: A asked items, whose answers are R rows.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.held_out_pairs import held_out_groups
from bettersynth.data.samples.llava import LLAVA_TOKEN
from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.evaluation.benchmarks.mmbench_pictures import read_pictures
from bettersynth.experiments.studies.stage_one import seen_questions

GROUP_SIZE = 4
# more is better in each
OUTCOMES = ("caption", "own picture", "option")


@dataclasses.dataclass(frozen=True)
class Asked:
    """Rows that a model is asked about, and how their log-probabilities make outcomes.

    `rows` are LLaVA entries. By outcome, `weights` is `[A, rows]`: an item's outcome is their
    weighted sum. `rivals` are the rows of each question's wrong options.
    """

    rows: list[dict[str, Any]]
    weights: dict[str, np.ndarray]
    right: list[int]
    rivals: list[list[int]]


def asked_rows(pairs: int) -> tuple[Asked, dict[str, str]]:
    """Return what every model is asked, and the sha256 of MMBench's pictures by name.

    Held-out pairs beside their own picture and beside another; of MMBench's seen half each option
    as a free answer.

    Raises:
        UserError: pool or benchmark were not made, or hold too few pairs.
    """
    rows = []
    for group in held_out_groups(pairs // GROUP_SIZE, GROUP_SIZE):
        for place, pair in enumerate(group):
            for picture in (pair.image, group[(place + 1) % len(group)].image):
                rows.append(_row(pair.id, picture, DESCRIBE_QUESTIONS[0], pair.caption))
    # own picture, other picture, own picture, ...
    own = list(range(0, len(rows), 2))
    pictures = read_pictures(MMBENCH)
    hashes = {}
    right = []
    rivals: list[list[int]] = []
    for question in seen_questions():
        name = f"mmbench {question.index}"
        hashes[name] = sha256_of_bytes(pictures[question.index])
        rivals.append([])
        for letter, option in question.options.items():
            if letter == question.answer:
                right.append(len(rows))
            else:
                rivals[-1].append(len(rows))
            rows.append(_row(name, name, question.question, option))
    weights = {name: np.zeros((len(own), len(rows)), np.float32) for name in OUTCOMES[:2]}
    weights["option"] = np.zeros((len(right), len(rows)), np.float32)
    for item, row in enumerate(own):
        weights["caption"][item, row] = 1
        weights["own picture"][item, [row, row + 1]] = 1, -1
    for item, (row, others) in enumerate(zip(right, rivals, strict=True)):
        weights["option"][item, row] = 1
        weights["option"][item, others] = -1 / len(others)
    return Asked(rows, weights, right, rivals), hashes


def _row(id: str, image: str, question: str, answer: str) -> dict[str, Any]:
    turns = [
        {"from": "human", "value": f"{LLAVA_TOKEN}\n{question}"},
        {"from": "gpt", "value": answer},
    ]
    return {"id": id, "image": image, "conversations": turns}


def outcomes(asked: Asked, log_probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Return each outcome by item, `[A]`, of the asked rows' log-probabilities.

    caption: of a held-out caption, nats a token (minus the loss). own picture: by how much its own
    picture makes it likelier than another. option: by how much the right option is likelier than
    the mean of the others.
    """
    return {name: weights @ log_probabilities for name, weights in asked.weights.items()}


def summary(asked: Asked, log_probabilities: np.ndarray) -> dict[str, float]:
    """Return one number an outcome: loss, share of own pictures picked, share of right options."""
    by_item = outcomes(asked, log_probabilities)
    hits = []
    for row, others in zip(asked.right, asked.rivals, strict=True):
        hits.append(log_probabilities[row] > log_probabilities[others].max())
    return {
        "caption loss": float(-by_item["caption"].mean()),
        "own picture picked": float((by_item["own picture"] > 0).mean()),
        "right options": float(np.mean(hits)),
    }
