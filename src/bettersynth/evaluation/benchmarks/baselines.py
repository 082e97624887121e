"""What a benchmark gives for nothing: the scores of guessing, of the longest option, of copying an OCR token. All in [0, 1]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bettersynth.data.questions.prompts import OCR_PREFIX
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.textvqa import (
    normalize_answer,
    question_of_prompt,
    soft_accuracy,
)


def mmbench_baselines(questions: Sequence[mmbench.Question]) -> dict[str, Any]:
    """Return the chance levels, and the share of base rows that always taking the longest option gets right (ties count in part).

    `groups` holds the number of questions and the likelihood protocol's chance level of each l2-category (abbreviated).
    """
    base = mmbench.base_questions(questions)
    groups: dict[str, list[float]] = {}
    for question in base:
        name = mmbench.L2_ABBREVIATIONS.get(question.l2_category, question.l2_category)
        groups.setdefault(name, []).append(1 / len(question.options))
    return {
        "questions": len(base),
        "rows": len(questions),
        "chance": mmbench.chance_levels(questions),
        "longest_option": float(np.mean([_longest_is_right(question) for question in base])),
        "groups": {
            name: {"questions": len(levels), "chance": float(np.mean(levels))}
            for name, levels in sorted(groups.items())
        },
    }


def _longest_is_right(question: mmbench.Question) -> float:
    longest = max(map(len, question.options.values()))
    letters = [letter for letter, text in question.options.items() if len(text) == longest]
    return (question.answer in letters) / len(letters)


def listed_tokens(prompt: str) -> list[str]:
    """Return the OCR tokens that a TextVQA prompt lists."""
    for line in prompt.split("\n"):
        if line.startswith(OCR_PREFIX):
            return [token for token in line[len(OCR_PREFIX) :].strip().split(", ") if token]
    return []


def textvqa_baselines(
    questions: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return mean soft accuracies of answers that need no picture, over all questions and by question kind where a file has kinds.

    `questions` are LLaVA's (`question_id`, `text`), `annotations` TextVQA's (`image_id`, `question`, ten `answers`). The measures:
    `any_listed_token` (expectation of one drawn evenly), `first_listed_token`, `last_listed_token`, `best_listed_token` (the most
    that copying a token can reach), `place_rule` (the first token if the question says "top", the last if "bottom", else any: what
    copying reaches on sign boards without a look at the picture), `consensus` (the annotators' most frequent answer: the most
    that any answer can reach). Without tokens the answer is empty.
    """
    entries = {
        (str(entry["image_id"]), str(entry["question"]).lower()): entry for entry in annotations
    }
    values: dict[str, list[dict[str, float]]] = {}
    for question in questions:
        entry = entries[str(question["question_id"]), question_of_prompt(question["text"])]
        answers = [str(answer) for answer in entry["answers"]]
        scores = [
            soft_accuracy(token, answers) for token in listed_tokens(question["text"]) or [""]
        ]
        row = _measures(str(entry["question"]), scores, answers)
        for kind in {"all", entry.get("question_kind", "all")}:
            values.setdefault(kind, []).append(row)
    table: dict[str, dict[str, Any]] = {}
    for kind, rows in sorted(values.items()):
        table[kind] = {"questions": len(rows)} | {
            name: float(np.mean([row[name] for row in rows])) for name in rows[0]
        }
    return table.pop("all") | ({"kinds": table} if table else {})


def _measures(question: str, scores: Sequence[float], answers: Sequence[str]) -> dict[str, float]:
    """Return one question's measures; `scores` are those of its listed tokens, in order."""
    words = question.lower().split()
    mean = float(np.mean(scores))
    return {
        "any_listed_token": mean,
        "first_listed_token": scores[0],
        "last_listed_token": scores[-1],
        "place_rule": scores[0] if "top" in words else scores[-1] if "bottom" in words else mean,
        "best_listed_token": max(scores),
        "consensus": soft_accuracy(_consensus(answers), answers),
    }


def _consensus(answers: Sequence[str]) -> str:
    return Counter(map(normalize_answer, answers)).most_common(1)[0][0]
