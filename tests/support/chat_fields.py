"""Operators that let a chat model write fields, on what Data-Juicer made of the same answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bettersynth.measuring.chat_answers import Question
from support.one_operator import line, row_batch
from support.small_run import FIXTURES

# what Data-Juicer says before a pair, where a recipe does not say it; here nothing
INTRODUCTIONS = {"", "以下是原始问答对：\n"}


class Canned:
    """Stands for a chat model: it gives its answers in turn, the last one to all that follows, and
    keeps what it was asked.
    """

    def __init__(self, *answers: str):
        self.answers = answers
        self.asked: list[Question] = []

    def ask(self, questions: Sequence[Question]) -> tuple[dict[Question, str], dict[Question, str]]:
        given: dict[Question, str] = {}
        for question in questions:
            given[question] = self.answers[min(len(self.asked), len(self.answers) - 1)]
            self.asked.append(question)
        return given, {}


def peers_rows(operator: str) -> list[dict[str, Any]]:
    """Return what Data-Juicer asked and made, one row an answer."""
    lines = (FIXTURES / "chat_fields.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["op"] == operator]


def written(
    operator: str, sample: dict[str, Any], *answers: str, **settings: Any
) -> tuple[list[Question], list[dict[str, Any]], str]:
    """Return what is asked about a sample, the samples that are made by answers, and why none."""
    chat = Canned(*answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bettersynth.measuring.chat_asking.load_chat", lambda *_: chat)
        recipe_line = line(operator, **settings)
        maker = recipe_line.operator.open_maker(recipe_line.deciding, FIXTURES)
        (made,), bad = maker.make(row_batch(sample))
    return chat.asked, [sample | dict(new.fields) for new in made], bad.get(0, "")


def differences(row: dict[str, Any]) -> list[str]:
    """Return where what is asked and made here is not Data-Juicer's row, one line each.

    What it could not read, and left as it was, has a reason here.
    """
    asked, made, reason = written(row["op"], row["sample"], row["answer"], **row["settings"])
    lines = []
    for question in asked:
        if row["asked"].removesuffix(question.user) not in INTRODUCTIONS:
            lines.append(f"asked: {question.user!r}, not {row['asked']!r}")
    wanted = row["result"] if isinstance(row["result"], list) else [row["result"]]
    if wanted in ([], [row["sample"]]):
        if made or "nothing to read in" not in reason:
            lines.append(f"made: {made} ({reason}), where there is nothing to read")
    elif made != [row["sample"] | new for new in wanted]:
        lines.append(f"made: {made} ({reason}), not {wanted}")
    return lines
