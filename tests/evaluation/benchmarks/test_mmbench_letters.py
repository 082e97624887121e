"""Letters read in predictions, against outputs of VLMEvalKit (today and 2024) and lmms-eval
(tests/fixtures/mmbench).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench_letters import extract

FIXTURES = Path(__file__).parents[2] / "fixtures/mmbench"
CASES = json.loads((FIXTURES / "extraction_cases.json").read_text(encoding="utf-8"))
HARNESSES = {"vlmevalkit": "vlmeval", "vlmevalkit-2024": "vlmeval_2024", "lmms-eval": "lmms"}
FOUR = {"A": "red", "B": "blue", "C": "black cat", "D": "cat"}


@pytest.mark.parametrize("protocol", HARNESSES)
def test_isolated_predictions_are_read_as_each_harness_reads_them(protocol: str) -> None:
    read = [extract(case["prediction"], case["choices"], protocol) for case in CASES]
    assert read == [case[HARNESSES[protocol]] for case in CASES]


def test_the_traps_of_the_answer_is_rule_are_kept() -> None:
    options = {"A": "red", "B": "blue", "C": "a dog"}
    assert extract("The answer is blue", options, "vlmevalkit") == "B"
    assert extract("The answer is a dog", options, "vlmevalkit") == "A"
    assert extract("A dog", options, "vlmevalkit") == "A"
    assert extract("b", options, "vlmevalkit") is None
    assert extract("A or B", options, "vlmevalkit") is None
    assert extract("OptionC", {"A": "red", "C": "blue"}, "vlmevalkit") is None


@pytest.mark.parametrize(
    ("text", "today", "of_2024", "lmms"),
    [
        ("", None, None, None),
        ("B", "B", "B", "B"),
        ("(B)", "B", "B", "B"),
        ("**B**", "B", "B", None),
        ("B because the sky over the sea is of that colour", None, "B", "B"),
        ("So I would say it is B .", "B", "B", "B"),
        ("The correct answer is **B**. Here's why: A is red.", "B", "A", "A"),
        ("the ANSWER IS d", "D", None, None),
        ("The answer is E", None, None, "E"),
        ("A, B, C, D", None, None, "D"),
        ("E", None, None, "E"),
        ("Z", "Z", "Z", None),
        ("A or Z", "A", "A", "A"),
        ("Failed to obtain answer via API B", None, None, None),
        ("Failed to obtain answer via API blue", "B", "B", "B"),
        ("I can't process this file. B", "Z", "Z", "B"),
        ("a black cat", None, None, None),
        ("blue", "B", "B", "B"),
        (
            "bluish and very long talk about the blue sky over the sea that goes on and on",
            None,
            "B",
            "B",
        ),
    ],
)
def test_edges_of_the_extraction_rules(
    text: str, today: str | None, of_2024: str | None, lmms: str | None
) -> None:
    assert [
        extract(text, FOUR, name) for name in ("vlmevalkit", "vlmevalkit-2024", "lmms-eval")
    ] == [today, of_2024, lmms]


def test_only_options_that_a_row_has_can_be_read() -> None:
    two = {"A": "yes", "B": "no"}
    assert extract("C", two, "vlmevalkit") is None
    assert extract("the answer is C", two, "vlmevalkit") is None
    assert extract("F", two | {"F": "maybe"}, "vlmevalkit") == "F"


def test_strict_wants_the_letter_and_nothing_else() -> None:
    options = {"A": "red", "B": "blue"}
    assert [extract(text, options, "strict") for text in ("A", "B", "A.", " B", "a", "C")] == [
        "A",
        "B",
        None,
        None,
        None,
        None,
    ]


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(
        UserError,
        match="no protocol gpt; its protocols are: strict, vlmevalkit, vlmevalkit-2024, lmms-eval",
    ):
        extract("A", {"A": "x"}, "gpt")
