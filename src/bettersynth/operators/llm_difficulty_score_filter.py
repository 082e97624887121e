"""Keep samples whose text is, by a chat model, of a difficulty in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import in_range
from bettersynth.measuring.text.chat_scores import (
    ChatDeciding,
    ChatMeasuring,
    chat_scores,
    other_keys,
    reads_of_keys,
    system_prompt,
)

__all__ = ["VERSION", "Deciding", "Measuring", "keep", "measure"]
READS = ("text",)
STATS = ("llm_difficulty_score", "llm_difficulty_record", "llm_difficulty_tags")
# answers are: one cache for all that is asked of chat models
CACHED = False
DIMENSIONS = {
    "linguistic_complexity": "how hard its words and sentences are",
    "conceptual_depth": "how abstract and layered its ideas are",
    "prior_knowledge": "how much one must know before",
    "step_complexity": "how many steps of thought it takes",
    "ambiguity": "how much of it may be read in several ways",
}
TASK = (
    "You judge how hard a text is for a language model that is to learn from it. Judge "
    "the text alone, not how good it is."
)


@dataclass(frozen=True)
class Measuring(ChatMeasuring):
    """Whom and what is asked."""


@dataclass(frozen=True)
class Deciding(ChatDeciding):
    """The range that is kept."""


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on."""
    return reads_of_keys(settings)


def fields_read(settings: Measuring) -> list[str]:
    """Return the fields that are asked about beside the text."""
    return other_keys(settings)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `llm_difficulty_score`: the mean score / 5 of its 5 dimensions, in [0.2, 1].

    Beside it the answer as JSON, and its tags as text.
    """
    prompt = system_prompt(TASK, DIMENSIONS)
    return chat_scores(batch, settings, STATS, prompt, list(DIMENSIONS))


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: whose score is in the range."""
    return in_range(values[STATS[0]], settings.min_score, settings.max_score, settings)
