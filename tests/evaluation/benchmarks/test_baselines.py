"""What guessing gets, on cases that can be counted by hand."""

from __future__ import annotations

import pytest

from bettersynth.data.questions.prompts import text_prompt
from bettersynth.evaluation.benchmarks.baselines import (
    listed_tokens,
    mmbench_baselines,
    textvqa_baselines,
)
from bettersynth.evaluation.benchmarks.mmbench import Question


def choice(index: int, options: dict[str, str], answer: str) -> Question:
    return Question(index, "What?", "", options, answer, "food", "coarse_perception", "dev")


def test_chance_is_the_product_over_a_questions_rows():
    two = [
        choice(1, {"A": "egg", "B": "bread"}, "B"),
        choice(1_000_001, {"A": "bread", "B": "egg"}, "A"),
    ]
    one = [choice(2, {"A": "egg", "B": "tea", "C": "x", "D": "y"}, "A")]
    baselines = mmbench_baselines(two + one)
    assert baselines["chance"]["vanilla"] == pytest.approx((0.5 + 0.5 + 0.25) / 3)
    assert baselines["chance"]["circular"] == pytest.approx((0.25 + 0.25) / 2)
    assert baselines["chance"]["likelihood"] == pytest.approx((0.5 + 0.25) / 2)
    assert baselines["longest_option"] == pytest.approx((1 + 0.5) / 2)
    blind = baselines["blind"]
    # "bread" is the longest of the first in both forms; of the second all but "tea" and "egg" tie
    assert blind["longest_option"] == {"likelihood": 0.75, "vanilla": 2.5 / 3, "circular": 0.75}
    assert blind["any_option_kept"]["circular"] == pytest.approx((0.5 + 0.25) / 2)
    # A is right in one form of the first and in the second
    first = {"likelihood": 0.5, "vanilla": pytest.approx(2 / 3), "circular": 0.5}
    assert blind["first_option"] == blind["majority_letter"] == first
    assert blind["last_option"]["vanilla"] == pytest.approx(1 / 3)
    assert baselines["groups"] == {"CP": {"questions": 2, "chance": pytest.approx(0.375)}}


def test_copying_a_token_is_scored_by_the_scorers_own_rule():
    questions = [
        {"question_id": "a", "text": text_prompt("What does the top sign say?", ["cafe", "hotel"])},
        {
            "question_id": "b",
            "text": text_prompt("What does the red sign say?", ["bank", "zoo", "park"]),
        },
        {"question_id": "c", "text": text_prompt("What word is on the sign?", [])},
    ]
    annotations = [
        {
            "image_id": "a",
            "question": "What does the top sign say?",
            "answers": ["cafe"] * 10,
            "question_kind": "top",
        },
        {
            "image_id": "b",
            "question": "What does the red sign say?",
            "answers": ["park"] * 7 + ["zoo"] * 3,
            "question_kind": "color",
        },
        {
            "image_id": "c",
            "question": "What word is on the sign?",
            "answers": ["Bus."] * 10,
            "question_kind": "only",
        },
    ]
    baselines = textvqa_baselines(questions, annotations)
    assert baselines["any_listed_token"] == pytest.approx((0.5 + (0 + 0.9 + 1) / 3 + 0) / 3)
    assert baselines["first_listed_token"] == pytest.approx(1 / 3)
    assert baselines["last_listed_token"] == pytest.approx(1 / 3)
    # zoo is shorter than bank and park: of equal ones the first
    assert baselines["longest_listed_token"] == pytest.approx((0 + 0 + 0) / 3)
    # cafe, park and bus are the answer once each; bus is the first by name
    assert baselines["majority_answer"] == pytest.approx(1 / 3)
    assert baselines["place_rule"] == pytest.approx((1 + 1.9 / 3) / 3)
    assert baselines["best_listed_token"] == pytest.approx(2 / 3)
    assert baselines["consensus"] == 1
    assert baselines["kinds"]["color"]["any_listed_token"] == pytest.approx(1.9 / 3)


def test_tokens_are_those_of_the_reference_line():
    assert listed_tokens(text_prompt("What?", ["Cafe", "24", "h"])) == ["Cafe", "24", "h"]
    assert listed_tokens("What?\nAnswer the question using a single word or phrase.") == []


def test_things_and_reading_have_levels_of_their_own():
    questions = []
    annotations = []
    for image, kind, question, answer in (
        ("a", "thing", "Which sign names what is shown?", "owl"),
        ("b", "top", "What does the top sign say?", "cafe"),
        ("c", "top", "What does the top sign say?", "cafe"),
    ):
        tokens = ["cow", "owl", "hen"] if kind == "thing" else ["cafe", "bank"]
        questions.append({"question_id": image, "text": text_prompt(question, tokens)})
        entry = {"image_id": image, "question": question, "answers": [answer] * 10}
        annotations.append(entry | {"question_kind": kind})
    levels = textvqa_baselines(questions, annotations)
    assert (levels["questions"], levels["reading"]["questions"]) == (1, 2)
    assert levels["any_listed_token"] == levels["place_rule"] == pytest.approx(1 / 3)
    # the most frequent answer of its own questions
    assert levels["majority_answer"] == levels["reading"]["majority_answer"] == 1
    assert levels["reading"]["place_rule"] == 1
    assert set(levels["kinds"]) == {"thing", "top"}
