"""Which question a prompt asks, and the keys of annotations."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa import (
    question_ids,
    question_of_prompt,
    read_annotations,
)


@pytest.mark.parametrize(
    "prompt",
    [
        "OCR tokens: a, b. Question: What Is it? Short answer:",
        (
            "What Is it?\nReference OCR token: a, b\nAnswer the question using a single word or "
            "phrase."
        ),
        (
            "Reference OCR token: a, b\nWhat Is it?\nAnswer the question using a single word or "
            "phrase."
        ),
        "What Is it?\nAnswer the question using a single word or phrase.",
    ],
)
def test_the_question_is_found_in_the_four_prompt_shapes(prompt: str) -> None:
    assert question_of_prompt(prompt) == "what is it?"


@pytest.mark.parametrize("prompt", ["What is it?", "one\ntwo\nthree", "OCR tokens: a. What?"])
def test_other_prompt_shapes_are_refused(prompt: str) -> None:
    with pytest.raises(UserError, match="no question can be read from the prompt"):
        question_of_prompt(prompt)


def test_annotations_are_keyed_by_image_and_question() -> None:
    entry = {"image_id": "i1", "question": "What IS it?", "answers": ["yes"] * 10}
    assert read_annotations({"data": [entry]}, "f.json") == {("i1", "what is it?"): ["yes"] * 10}
    with pytest.raises(
        UserError, match=r"f.json entry 2: image i1 has the question 'what is it\?' twice"
    ):
        read_annotations({"data": [entry, entry]}, "f.json")
    with pytest.raises(UserError, match="f.json entry 2: the question id 7 is there twice"):
        read_annotations(
            [{**entry, "question_id": 7}, {**entry, "question_id": 7, "question": "Why?"}], "f.json"
        )
    with pytest.raises(UserError, match="entry 1 has no answers"):
        read_annotations([{"image_id": "i1", "question": "q"}], "f.json")
    with pytest.raises(UserError, match="holds no TextVQA annotations"):
        read_annotations({"questions": []}, "f.json")


def test_a_question_that_is_asked_again_has_a_key_of_its_own_and_the_last_answers() -> None:
    first = {"image_id": "i1", "question": "Why?", "answers": ["a"] * 10, "question_id": 7}
    again = {**first, "answers": ["b"] * 10, "question_id": 8}
    content = {"data": [first, again]}
    assert read_annotations(content, "f.json") == {
        ("i1", "why?"): ["b"] * 10,
        ("i1", "why? (2)"): ["b"] * 10,
    }
    assert question_ids(content) == {"7": ("i1", "why?"), "8": ("i1", "why? (2)")}
