"""Keep samples whose text a chat model finds right, well written, rich and coherent."""

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
STATS = ("llm_quality_score", "llm_quality_record", "llm_quality_tags")
# answers are: one cache for all that is asked of chat models
CACHED = False
DIMENSIONS = {
    "accuracy": "whether what it says is true and can be checked",
    "grammar": "whether its language is right and fluent",
    "informativeness": "how much of use it says",
    "coherence": "whether its parts follow from each other",
}
TASK = (
    "You judge texts that a language model may be trained on. Judge the text you are "
    "given by what stands in it alone; invented facts weigh heavily."
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
    """Return `llm_quality_score`: the mean score / 5 of its 4 dimensions, in [0.2, 1].

    Beside it the answer as JSON, and its tags as text.
    """
    prompt = system_prompt(TASK, DIMENSIONS)
    return chat_scores(batch, settings, STATS, prompt, list(DIMENSIONS))


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: whose score is in the range."""
    return in_range(values[STATS[0]], settings.min_score, settings.max_score, settings)
