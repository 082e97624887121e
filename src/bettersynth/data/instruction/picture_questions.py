"""Questions about what the pictures of the instruction split show."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bettersynth.data.instruction.conversations import conversation
from bettersynth.data.questions.distractors import Concept, Distractors, with_answer_at
from bettersynth.data.questions.prompts import (
    CONCEPT_QUESTION,
    DESCRIBE_QUESTIONS,
    multiple_choice_prompt,
)
from bettersynth.data.questions.shares import share_out
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError
from bettersynth.settings.instruction import InstructionSettings

MOST_OPTIONS = 4


def picture_items(
    rows: Sequence[dict[str, Any]], settings: InstructionSettings
) -> Iterator[dict[str, Any]]:
    """Yield the conversations about pictures; `rows` are those of the instruction split.

    A picture without a concept is described. Wrong options are instruction concepts only.

    Raises:
        UserError: too few different concepts for a choice question.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction pictures")])
    concepts = [Concept(row["concept"], row["group"]) for row in rows if row["concept"]]
    distractors = Distractors(concepts)
    shares = asdict(settings.picture_kinds)
    count = len(rows) * settings.questions_per_picture
    kinds = share_out(shares, count, "params.yaml: instruction.picture_kinds")
    for number, kind in enumerate(rng.permutation(kinds)):
        row = rows[number % len(rows)]
        id = f"{row['id']}-{number // len(rows)}"
        image = row["images"][0]
        if kind == "describe" or not row["concept"]:
            question = str(rng.choice(DESCRIBE_QUESTIONS))
            yield conversation(id, image, question, caption_of_text(row["text"]))
        elif kind == "concept":
            yield conversation(id, image, CONCEPT_QUESTION, row["concept"])
        else:
            answer = Concept(row["concept"], row["group"])
            options, place = _options(answer, distractors, settings.same_group, rng)
            question = multiple_choice_prompt(CONCEPT_QUESTION, options)
            yield conversation(id, image, question, "ABCD"[place])


def _options(
    answer: Concept, distractors: Distractors, same_group: float, rng: np.random.Generator
) -> tuple[list[str], int]:
    """Return two to four options and the index of the answer, both drawn evenly."""
    count = int(rng.integers(2, MOST_OPTIONS + 1))
    same = bool(rng.random() < same_group)
    wrong = distractors.choose(answer, count - 1, same, rng)
    # too few of that kind; the other kind will do
    if not wrong:
        wrong = distractors.choose(answer, count - 1, not same, rng)
    if wrong is None:
        raise UserError(
            f"{SAMPLES} holds too few different instruction concepts for {count} options beside "
            f"{answer.name!r}; set instruction.picture_kinds.choice to 0"
        )
    place = int(rng.integers(count))
    return with_answer_at(answer.name, wrong, place), place
