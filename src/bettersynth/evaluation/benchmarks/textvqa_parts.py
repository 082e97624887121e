"""Which of TextVQA's questions are its headline score: the one place that decides it.

Where questions ask what is shown (kind `thing`), they alone are; the others, which a reader answers
without a look at anything drawn, are the score of reading. Without such questions all are headline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bettersynth.data.questions.prompts import SIGN_QUESTIONS, THING

HEADLINE = "textvqa"
READING = "textvqa_reading"
DRAWN_KINDS = frozenset({THING, *SIGN_QUESTIONS})


def kind_of(entry: Mapping[str, Any]) -> str:
    """Return the kind that an annotation says its question has, "" where it says none.

    The published TextVQA has no kinds; what stands there in a file of others may be no text.
    """
    kind = entry.get("question_kind")
    return kind if isinstance(kind, str) else ""


def are_drawn(kinds: Iterable[str | None]) -> bool:
    """Whether these are the kinds of boards drawn here, and not what somebody else calls so."""
    return DRAWN_KINDS.issuperset(kinds)


def text_parts(kinds: Sequence[str | None]) -> list[str]:
    """Return for each of a file's or run's questions, by its kind, the score that it counts to."""
    if THING not in kinds or not are_drawn(kinds):
        return [HEADLINE] * len(kinds)
    return [HEADLINE if kind == THING else READING for kind in kinds]
