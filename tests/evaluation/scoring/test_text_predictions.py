"""Predictions on TextVQA are matched with its questions, by whatever a tool tells of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.text_predictions import read_text_predictions

KEYS = [("i0", "who is it?"), ("i1", "what is it?")]
IDS = {"34": KEYS[0], "35": KEYS[1]}


def read(folder: Path, *records: dict[str, Any]) -> dict:
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return read_text_predictions(path, KEYS, IDS)


@pytest.mark.parametrize(
    "records",
    [
        [
            {"question_id": "i0", "prompt": "Who is it?\nx"},
            {"question_id": "i1", "prompt": "What is it?\nx"},
        ],
        [
            {"image_id": "i0", "question": "Who is it?"},
            {"image_id": "i1", "question": "What is it?"},
        ],
        [{"question_id": 34}, {"question_id": 35}],
        [{"index": 0, "question": "Who is it?"}, {"index": 1, "question": "What is it?"}],
        [{"index": 1, "question": "Who is it?"}, {"index": 2, "question": "What is it?"}],
    ],
    ids=["llava", "ours", "question ids", "rows from 0", "rows from 1"],
)  # fmt: skip
def test_each_tools_way_to_name_a_question_is_understood(tmp_path: Path, records) -> None:
    answers = read(tmp_path, *(record | {"text": str(k)} for k, record in enumerate(records)))
    assert answers == {KEYS[0]: "0", KEYS[1]: "1"}


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"question_id": 34}, {"question_id": 34}], "line 2: image i0 with question .* twice"),
        ([{"question_id": 99}], "line 1: the question id 99 is not in the questions"),
        ([{"image_id": "i9", "question": "Why?"}], "line 1: image i9 with question 'why.*is not"),
        ([{"question_id": 34}], "answers 1 of 2 questions; the first one missing: i1"),
        ([{"index": 0, "question": "Why?"}], "line 1: the question id 0 is not in the questions"),
    ],
)
def test_a_file_that_does_not_fit_is_one_clear_error(tmp_path: Path, records, message) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, *(record | {"text": "x"} for record in records))
