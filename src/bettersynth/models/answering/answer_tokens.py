"""A question and its given answer as tokens: what is read, and what is scored behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bettersynth.models.answering.generation import Prompt
from bettersynth.models.architecture.conversation import answer_text, prompt_text
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.settings.training import Template


class Answer(NamedTuple):
    """A given answer, whose likelihood is asked for."""

    question: str
    picture: int | None  # position among those that were seen; None for a question without one
    text: str


def split_answer(
    answer: Answer, template: Template, pieces: PieceTokens
) -> tuple[Prompt, list[int]]:
    """Return the prompt and the tokens of the answer behind it.

    Both are cut out of the tokens of the whole text: a word's first token depends on what
    stands before it, so that the prompt alone may end in other tokens.
    """
    text = prompt_text(answer.question, template, answer.picture is not None)
    alone = pieces.with_images(text)
    whole = pieces.with_images(text + answer_text(answer.text, template))
    shared = _shared_start(alone, whole)
    return Prompt(whole[:shared], answer.picture), whole[shared:]


def _shared_start(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two texts begin alike with."""
    for position, (token, other) in enumerate(zip(first, second, strict=False)):
        if token != other:
            return position
    return len(first)
