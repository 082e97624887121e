"""Questions about pictures: a letter, a name or a caption is the answer."""

import pytest
from support.default_settings import default_settings

from bettersynth.data.instruction.picture_questions import picture_items
from bettersynth.data.questions.prompts import CONCEPT_QUESTION, DESCRIBE_QUESTIONS
from bettersynth.errors import UserError
from bettersynth.settings.instruction import InstructionSettings


def row(number: int, concept: str, group: str) -> dict:
    text = f"<__dj__image> a drawing of {concept or 'nothing'} <|__dj__eoc|>"
    name = f"p{number}"
    return {"id": name, "images": [f"{name}.png"], "text": text, "concept": concept, "group": group}


ROWS = [
    row(0, "apple", "food"),
    row(1, "bread", "food"),
    row(2, "melon", "food"),
    row(3, "cheese", "food"),
    row(4, "", ""),
]


def settings(times: int = 1, **kinds: float) -> InstructionSettings:
    shares = {"choice": 0.0, "concept": 0.0, "describe": 0.0} | kinds
    return default_settings(
        "instruction",
        questions_per_picture=times,
        picture_kinds=default_settings("instruction.picture_kinds", **shares),
    )


def parts(item: dict) -> tuple[str, str]:
    question, answer = (turn["value"] for turn in item["conversations"])
    return question.removeprefix("<image>\n"), answer


def test_a_picture_without_a_concept_is_described_whatever_is_asked_of_the_others():
    *named, unnamed = picture_items(ROWS, settings(concept=1.0))
    assert [parts(item) for item in named[:2]] == [
        (CONCEPT_QUESTION, "apple"),
        (CONCEPT_QUESTION, "bread"),
    ]
    question, answer = parts(unnamed)
    assert question in DESCRIBE_QUESTIONS
    assert answer == "a drawing of nothing"


def test_every_round_gives_ids_of_its_own_and_the_same_seed_the_same_items():
    items = list(picture_items(ROWS, settings(times=2, choice=1.0, describe=1.0)))
    assert [item["id"] for item in items[4:6]] == ["p4-0", "p0-1"]
    assert items == list(picture_items(ROWS, settings(times=2, choice=1.0, describe=1.0)))


def test_a_letter_stands_for_the_concept():
    for item in list(picture_items(ROWS[:4], settings(choice=1.0))):
        question, letter = parts(item)
        options = dict(line.split(". ", 1) for line in question.split("\n")[1:-1])
        assert options[letter] == ROWS[int(item["id"][1])]["concept"]


def test_too_few_concepts_for_options_say_what_to_set():
    with pytest.raises(UserError, match=r"beside 'apple'; set instruction\.picture_kinds\.choice"):
        list(picture_items([ROWS[0]], settings(choice=1.0)))
