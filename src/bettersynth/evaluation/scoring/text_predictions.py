"""Predictions on TextVQA: this pipeline's own, and those that LLaVA, VLMEvalKit and lmms-eval
write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa import Key, question_of_prompt, repeated_key
from bettersynth.evaluation.scoring.prediction_records import (
    answer_of,
    read_records,
    refuse_missing,
)


def read_text_predictions(
    path: Path, keys: Sequence[Key], ids: Mapping[str, Key]
) -> dict[Key, str]:
    """Return the TextVQA predictions of a file for exactly the questions of `keys`.

    `ids` holds the keys by question id, for files that carry nothing else.

    Raises:
        UserError: a question twice, missing, or of another benchmark.
    """
    wanted = set(keys)
    answers: dict[Key, str] = {}
    for place, record in read_records(path):
        key = _key(record, ids, keys, place)
        if key not in wanted:
            image, question = key
            raise UserError(
                f"{place}: image {image} with question {question!r} is not in the questions; "
                "is this another benchmark's file?"
            )
        # the same asked again of one image is its repeated question, as long as there is one
        asked = key
        times = 1
        while key in answers and repeated_key(asked, times + 1) in wanted:
            times += 1
            key = repeated_key(asked, times)
        if key in answers:
            image, question = key
            raise UserError(f"{place}: image {image} with question {question!r} is answered twice")
        answers[key] = answer_of(record, place)
    unanswered = [key for key in keys if key not in answers]
    lacking = [f"{image}, {question!r}" for image, question in unanswered]
    refuse_missing(path, lacking, len(keys))
    return answers


def _key(record: Mapping[str, Any], ids: Mapping[str, Key], keys: Sequence[Key], place: str) -> Key:
    """Return which question a record answers.

    LLaVA's lines carry the image id as `question_id` and the prompt; ours and lmms-eval's carry
    image id and question. Others carry a question id only, looked up in `ids`; VLMEvalKit's rows a
    running index, checked against the question there.

    Raises:
        UserError: none of these, or a question id that is not known.
    """
    if isinstance(record.get("prompt"), str):
        try:
            return str(record.get("question_id")), question_of_prompt(record["prompt"])
        except UserError as error:
            raise UserError(f"{place}: {error}") from None
    # lmms-eval's own log: `doc_id` tells it from LLaVA's lines, whose question_id is an image
    if "question_id" in record and str(record["question_id"]) in ids and "doc_id" in record:
        return ids[str(record["question_id"])]
    if "image_id" in record and "question" in record:
        return str(record["image_id"]), str(record["question"]).lower()
    identity = str(record.get("question_id", record.get("index", record.get("doc_id"))))
    key = ids.get(identity)
    if "question" in record:
        said = str(record["question"]).lower()
        if key is None or not key[1].startswith(said):
            key = _key_of_row(identity, said, keys)
    if key is None:
        raise UserError(
            f"{place}: the question id {identity} is not in the questions; "
            "is this another benchmark's file?"
        )
    return key


def _key_of_row(number: str, said: str, keys: Sequence[Key]) -> Key | None:
    """Return the key at a running index, counted from 0 or 1, if its question is the one said."""
    if not number.isdecimal():
        return None
    for row in (int(number), int(number) - 1):
        if 0 <= row < len(keys) and keys[row][1].startswith(said):
            return keys[row]
    return None
