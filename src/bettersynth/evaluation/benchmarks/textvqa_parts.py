"""Which of TextVQA's questions are its headline score: the one place that decides it.

Where questions ask what is shown (kind `thing`), they alone are; the others, which a reader answers
without a look at anything drawn, are the score of reading. Without such questions all are headline.
"""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.data.questions.prompts import THING

HEADLINE = "textvqa"
READING = "textvqa_reading"


def text_parts(kinds: Sequence[str | None]) -> list[str]:
    """Return for each of a file's or run's questions, by its kind, the score that it counts to."""
    if THING not in kinds:
        return [HEADLINE] * len(kinds)
    return [HEADLINE if kind == THING else READING for kind in kinds]
