"""TextVQA: which question a prompt asks, and the join of questions with annotations.

How an answer is judged: `textvqa_answers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa_answers import ANSWERS

Key = tuple[str, str]
"""What tells questions apart: (image id, lower-case question)."""


def question_of_prompt(prompt: str) -> str:
    """Return the question, in lower case, of a prompt in a shape that LLaVA's scorer knows.

    The four shapes: `OCR tokens: .. Question: .. Short answer:` on any number of lines; three lines
    with the `Reference OCR token: ` line first or second; two lines, the question first.

    Raises:
        UserError: another shape.
    """
    lines = prompt.split("\n")
    if prompt.startswith("OCR tokens: "):
        question = re.search("Question: (.*?) Short answer:", prompt, re.DOTALL)
        if question:
            return question.group(1).lower()
    elif "Reference OCR token: " in prompt and len(lines) == 3:
        return lines[1 if prompt.startswith("Reference OCR token:") else 0].lower()
    elif len(lines) == 2:
        return lines[0].lower()
    raise UserError(
        f"no question can be read from the prompt {prompt[:120]!r}; "
        "it must be two or three lines (question, OCR tokens, instruction)"
    )


def read_annotations(content: object, where: str) -> dict[Key, list[str]]:
    """Return the ten answers of each question of a TextVQA annotation file's parsed JSON, in order.

    Several questions share an image, hence the pair as key. `content` is the official object with a
    `data` list, or that list. Where two question ids ask the same of one image, the later ones'
    keys end in " (2)", " (3)", ... and, as in LLaVA's join, the last one's answers count for all.

    Raises:
        UserError: another structure, no answers (a test file), a count other than ten, a question
            id or a question twice.
    """
    entries = content.get("data") if isinstance(content, Mapping) else content
    if not isinstance(entries, list) or not entries:
        raise UserError(
            f"{where} holds no TextVQA annotations; "
            "expected an object with a list `data` of questions"
        )
    last: dict[Key, list[str]] = {}
    for number, entry in enumerate(entries, 1):
        answers = _ten_answers(entry, f"{where} entry {number}")
        # a later entry overwrites, as in LLaVA's join
        last[question_key(entry)] = answers
    annotations: dict[Key, list[str]] = {}
    for key, entry in zip(annotation_keys(entries, where), entries, strict=True):
        annotations[key] = last[question_key(entry)]
    return annotations


def _ten_answers(entry: object, where: str) -> list[str]:
    if not isinstance(entry, Mapping) or "image_id" not in entry or "question" not in entry:
        raise UserError(f"{where} lacks image_id or question")
    answers = entry.get("answers")
    if not isinstance(answers, list) or not answers:
        raise UserError(
            f"{where} has no answers; a test file without public answers cannot be scored"
        )
    if len(answers) != ANSWERS:
        raise UserError(f"{where} has {len(answers)} answers; TextVQA needs exactly {ANSWERS}")
    return [str(answer) for answer in answers]


def annotation_entries(content: Any) -> list[dict[str, Any]]:
    """Return the entries of an annotation file's content that passed `read_annotations`."""
    return content["data"] if isinstance(content, Mapping) else content


def question_ids(content: Any) -> dict[str, Key]:
    """Return the key by question id of an annotation file's content that passed its reading."""
    entries = annotation_entries(content)
    ids: dict[str, Key] = {}
    for entry, key in zip(entries, annotation_keys(entries, "annotations"), strict=True):
        if "question_id" in entry:
            ids[str(entry["question_id"])] = key
    return ids


def question_key(entry: Mapping[str, Any]) -> Key:
    """Return (image id, lower-case question) of an annotation."""
    return str(entry["image_id"]), str(entry["question"]).lower()


def repeated_key(key: Key, times: int) -> Key:
    """Return the key of a question that one image is asked for the `times`-th time, from 1."""
    return key if times == 1 else (key[0], f"{key[1]} ({times})")


def annotation_keys(entries: Sequence[Mapping[str, Any]], where: str) -> list[Key]:
    """Return the key of each annotation, as `read_annotations` makes them.

    Raises:
        UserError: a question id twice, or a question twice without different question ids.
    """
    ids: set[str] = set()
    times: dict[Key, int] = {}
    keys = []
    for number, entry in enumerate(entries, 1):
        key = question_key(entry)
        identity = entry.get("question_id")
        if identity is not None and str(identity) in ids:
            raise UserError(f"{where} entry {number}: the question id {identity} is there twice")
        ids.add(str(identity))
        if identity is None and key in times:
            raise UserError(
                f"{where} entry {number}: image {key[0]} has the question {key[1]!r} twice"
            )
        # only real files repeat a question of one image; there each has a question id of its own
        times[key] = times.get(key, 0) + 1
        keys.append(repeated_key(key, times[key]))
    return keys
