"""Keep samples whose text meets a condition in words, by a chat model's yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_asking import RepeatedChatSettings, answered
from bettersynth.measuring.protocols import Values

__all__ = ["VERSION", "Deciding", "Measuring", "fields_read", "keep", "measure", "reads"]
READS = ("text",)
STATS = ("llm_condition_filter_result",)
# answers are: one cache for all that is asked of chat models
CACHED = False
WHERE = "llm_condition_filter"
TOLD = "You say whether a text meets a condition. Answer yes or no, and nothing else."


@dataclass(frozen=True)
class Measuring(RepeatedChatSettings):
    """`condition` is what a text must meet, in words; `examples`, with `strategy: few_shot`, show
    how it is meant. Knowledge to judge by is the text `knowledge_grounding_fixed`, or else the
    sample's field `knowledge_grounding_key`.

    `api_or_hf_model` is the model's name at the endpoint.
    """

    condition: str = ""
    api_or_hf_model: str = "gpt-4o"
    is_hf_model: Literal[False] = False
    enable_vllm: Literal[False] = False
    knowledge_grounding_key: str | None = None
    knowledge_grounding_fixed: str | None = None
    # an answer that begins with its reasons is no yes to Data-Juicer either
    strategy: Literal["direct", "few_shot"] = "direct"
    examples: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.strategy == "few_shot") != bool(self.examples):
            raise UserError(f"{WHERE}: examples go with strategy few_shot, and with it alone")


@dataclass(frozen=True)
class Deciding:
    """Samples that meet the condition stay, with `reversed_range` the others."""

    reversed_range: bool = False


def require_complete(settings: Measuring) -> None:
    """Pass if there is a condition.

    Raises:
        UserError: there is none.
    """
    if not settings.condition:
        raise UserError(f"{WHERE} lacks the setting condition")


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on."""
    return ("text", "fields") if settings.knowledge_grounding_key else ("text",)


def fields_read(settings: Measuring) -> list[str]:
    """Return the field that holds knowledge to judge by, if one is named."""
    key = settings.knowledge_grounding_key
    return [key] if key else []


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `llm_condition_filter_result`: True where the model says yes; a text without words
    meets nothing.

    Raises:
        BadSample: samples whose answers were neither yes nor no, in all tries.
        UserError: no condition, or the endpoint answers nobody.
    """
    require_complete(settings)
    chat = settings.open_chat(settings.api_or_hf_model, WHERE)
    asked: list[str] = []
    for position in range(len(batch)):
        text = batch.tokens.strip(batch.texts[position]).strip()
        knowledge = _knowledge(batch, position, settings)
        asked.append(_question(text, knowledge, settings) if text else "")
    wanted = [words for words in asked if words]
    answers, reasons = answered(chat, TOLD, wanted, is_yes, settings.try_num)
    bad = [position for position, words in enumerate(asked) if words in reasons]
    if bad:
        reason = reasons[asked[bad[0]]]
        raise BadSample(bad, f"neither yes nor no in {settings.try_num} answers: {reason}")
    return {STATS[0]: [bool(words) and answers[words] for words in asked]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: whose text meets the condition."""
    return np.array(values[STATS[0]], dtype=bool) != settings.reversed_range


def is_yes(answer: str) -> bool:
    """Return whether an answer says yes.

    Raises:
        ValueError: it says neither yes nor no.
    """
    words = answer.strip().lower()
    if words.startswith("yes") or words == "y":
        return True
    if words.startswith("no") or words == "n":
        return False
    raise ValueError(f"it begins with {answer.strip()[:20]!r}")


def _knowledge(batch: Batch, position: int, settings: Measuring) -> str:
    if settings.knowledge_grounding_fixed:
        return settings.knowledge_grounding_fixed
    key = settings.knowledge_grounding_key
    value = batch.rows[position].get(key) if key else None
    return "" if value is None else str(value)


def _question(text: str, knowledge: str, settings: Measuring) -> str:
    parts = [
        ("Examples", settings.examples),
        ("Knowledge", knowledge),
        ("Text", text),
        ("Condition", settings.condition),
    ]
    told = "".join(f"# {title}\n{words}\n\n" for title, words in parts if words)
    return f"{told}Does the text meet the condition?"
