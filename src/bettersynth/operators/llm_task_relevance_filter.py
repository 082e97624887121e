"""Keep samples that would help at a task, by a chat model that sees the task or examples of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text import chat_scores
from bettersynth.measuring.text.chat_scores import Judge, fields_read, named_field, reads

__all__ = ["VERSION", "Deciding", "Measuring", "fields_read", "keep", "measure", "reads"]
READS = ("text",)
# answers are: one cache for all that is asked of chat models
CACHED = False
WHERE = "llm_task_relevance_filter"
HIGHEST = 1.0
DIMENSIONS = {
    "topical_relevance": "whether it is about what the examples are about",
    "linguistic_style_match": "whether its style, tone and complexity are theirs",
    "task_match": "whether it does the same kind of task",
    "knowledge_alignment": "whether it takes the same knowledge and reasoning",
    "potential_utility": "whether training on it would help at the task",
}
TASK = (
    "You judge whether a text would help a language model at a task, which a description or "
    "examples show. A good text that has nothing to do with the task gets 1."
)
JUDGE = Judge("llm_task_relevance", TASK, DIMENSIONS)
STATS = JUDGE.stats


@dataclass(frozen=True)
class Measuring(chat_scores.Measuring):
    """Whom and what is asked; the task is told by `task_desc`, the first `n_shot` rows of
    `valid_dataset` (all by default), or both.
    """

    valid_dataset: list[dict[str, Any]] | None = None
    task_desc: str | None = None
    n_shot: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for number, row in enumerate(self.valid_dataset or [], 1):
            for key in self.input_keys:
                if key not in row:
                    raise UserError(f"{WHERE}: valid_dataset row {number} has no {key}")


@dataclass(frozen=True)
class Deciding(Ends):
    """The least score that is kept."""

    min_score: float = 0.5


def require_complete(settings: Measuring) -> None:
    """Pass if the task is told.

    Raises:
        UserError: it is not.
    """
    if not settings.valid_dataset and not settings.task_desc:
        raise UserError(f"{WHERE}: neither task_desc nor valid_dataset tells the task; set one")


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `llm_task_relevance`: the mean score / 5 of five dimensions, in [0.2, 1].

    Beside it the answer as JSON, and its tags as text.
    """
    require_complete(settings)
    return JUDGE.measure(batch, settings, task_told(settings))


def task_told(settings: Measuring) -> str:
    """Return the task in words: its description, then its examples."""
    parts: list[str] = []
    if settings.task_desc:
        parts.append(f"# Task Description\n{settings.task_desc}\n\n")
    examples: list[str] = []
    for row in (settings.valid_dataset or [])[: settings.n_shot]:
        fields: list[str] = []
        for key, name in zip(settings.input_keys, settings.field_names, strict=True):
            fields.append(named_field(name, row[key], settings))
        examples.append("'''\n" + "\n\n".join(fields) + "\n'''")
    if examples:
        parts.append("# Validation Data\n" + "\n\n".join(examples) + "\n\n")
    return "".join(parts)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: whose score is high enough."""
    return in_range(values[STATS[0]], settings.min_score, HIGHEST, settings)
