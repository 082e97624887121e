"""MMBench scoring against outputs of VLMEvalKit (today and 2024) and lmms-eval (tests/fixtures/mmbench)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import (
    accuracy_table,
    base_questions,
    chance_levels,
    circular_hits,
    extract,
    likelihood_choice,
    prompt,
    read_questions,
    right_rows,
)

FIXTURES = Path(__file__).parents[2] / "fixtures/mmbench"
QUESTIONS = read_questions(FIXTURES / "mmbench_synth.tsv")
PREDICTIONS = json.loads((FIXTURES / "predictions.json").read_text(encoding="utf-8"))
CASES = json.loads((FIXTURES / "extraction_cases.json").read_text(encoding="utf-8"))
HARNESSES = {"vlmevalkit": "vlmeval", "vlmevalkit-2024": "vlmeval_2024", "lmms-eval": "lmms"}


@pytest.mark.parametrize("protocol", HARNESSES)
def test_isolated_predictions_are_read_as_each_harness_reads_them(protocol: str) -> None:
    read = [extract(case["prediction"], case["choices"], protocol) for case in CASES]
    assert read == [case[HARNESSES[protocol]] for case in CASES]


@pytest.mark.parametrize("protocol", HARNESSES)
def test_predictions_of_a_whole_file_are_read_as_each_harness_reads_them(protocol: str) -> None:
    rows = {question.index: question for question in QUESTIONS}
    read = [
        extract(case["prediction"], rows[case["index"]].options, protocol) for case in PREDICTIONS
    ]
    assert read == [case[HARNESSES[protocol]] for case in PREDICTIONS]
    expected = [
        case[HARNESSES[protocol]] == case["answer"]
        for case in sorted(PREDICTIONS, key=lambda case: case["index"])
    ]
    assert (
        right_rows(
            QUESTIONS, {case["index"]: case["prediction"] for case in PREDICTIONS}, protocol
        ).tolist()
        == expected
    )


@pytest.mark.parametrize(
    ("style", "key"),
    [("llava", "llava_text"), ("vlmevalkit", "vlmeval_text"), ("lmms-eval", "lmms_text")],
)
def test_prompts_equal_each_harness(style: str, key: str) -> None:
    rows = {question.index: question for question in QUESTIONS}
    for case in json.loads((FIXTURES / "prompts.json").read_text(encoding="utf-8")):
        assert prompt(rows[case["index"]], style) == case[key]


def test_the_traps_of_the_answer_is_rule_are_kept() -> None:
    options = {"A": "red", "B": "blue", "C": "a dog"}
    assert extract("The answer is blue", options, "vlmevalkit") == "B"
    assert extract("The answer is a dog", options, "vlmevalkit") == "A"
    assert extract("A dog", options, "vlmevalkit") == "A"
    assert extract("b", options, "vlmevalkit") is None
    assert extract("A or B", options, "vlmevalkit") is None
    assert extract("OptionC", {"A": "red", "C": "blue"}, "vlmevalkit") is None


FOUR = {"A": "red", "B": "blue", "C": "black cat", "D": "cat"}


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


def test_a_group_counts_only_when_all_its_rolled_rows_are_right() -> None:
    right = np.ones(len(QUESTIONS), dtype=bool)
    assert circular_hits(QUESTIONS, right).all()
    right[-1] = False
    hits = circular_hits(QUESTIONS, right)
    assert hits.sum() == len(hits) - 1
    assert len(hits) == len(base_questions(QUESTIONS)) == 40


def test_the_table_gives_plain_means_and_none_for_a_category_that_a_split_lacks() -> None:
    base = base_questions(QUESTIONS)
    hits = np.arange(len(base)) % 3 == 0
    table = accuracy_table(base, hits)
    assert set(table) == {"dev", "test"}
    dev = [hit for question, hit in zip(base, hits, strict=True) if question.split == "dev"]
    assert table["dev"]["Overall"] == pytest.approx(np.mean(dev))
    instance = [
        hit
        for question, hit in zip(base, hits, strict=True)
        if question.split == "dev" and "instance-level" in question.l2_category
    ]
    assert table["dev"]["FP-S"] == pytest.approx(np.mean(instance))
    categories = {question.category for question in base}
    absent = categories - {question.category for question in base if question.split == "test"}
    assert absent
    assert all(table["test"][name] is None for name in absent)


def test_likelihood_is_the_mean_per_token_and_the_prior_can_change_it() -> None:
    options = {"A": [-2.0, 1, -0.1], "B": [-6.0, 4, -7.0], "C": [-9.0, 3, -9.0]}
    assert likelihood_choice(options) == "B"
    assert likelihood_choice(options | {"B": [-6.0, 4, -2.0]}, minus_prior=True) == "C"


def test_chance_counts_the_options_of_each_question(tmp_path: Path) -> None:
    file = tmp_path / "q.tsv"
    file.write_text(
        "index\tquestion\tA\tB\tC\tD\tanswer\n1\tq\tx\ty\t\t\tA\n1000001\tq\ty\tx\t\t\tB\n2\tq\tx\ty\tz\tw\tD\n"
    )
    levels = chance_levels(read_questions(file))
    assert levels == pytest.approx(
        {"likelihood": 0.375, "vanilla": (0.5 + 0.5 + 0.25) / 3, "circular": (0.25 + 0.25) / 2}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tA\n1\tq\ty\tx\tB\n", "has the index 1 twice"),
        (
            "index\tquestion\tA\tB\tanswer\none\tq\tx\ty\tA\n",
            "line 2: the index 'one' is not a whole number",
        ),
        (
            f"index\tquestion\tA\tB\tanswer\n{'9' * 400}\tq\tx\ty\tA\n",
            "line 2: the index '9+' is not a whole number",
        ),
        (
            "index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tC\n",
            "line 2: the answer 'C' is not one of the options A, B",
        ),
        (
            "index\tquestion\tA\tB\n1\tq\tx\ty\n",
            "has no answers: MMBench's test files are scored by upload",
        ),
        (
            "index\tquestion\tA\tB\tanswer\n1000001\tq\tx\ty\tA\n",
            "row 1000001 is a rolled form of 1, which is not in the file",
        ),
        ("number\tquestion\tA\tB\n1\tq\tx\ty\n", "lacks the columns index;"),
        ("index\tquestion\tA\tB\tanswer\n", "holds no questions"),
    ],
)
def test_a_file_that_cannot_be_scored_is_one_clear_error(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text(text)
    with pytest.raises(UserError, match=message):
        read_questions(file)


def test_unknown_protocols_and_missing_predictions_are_named() -> None:
    with pytest.raises(
        UserError,
        match="no protocol gpt; its protocols are: strict, vlmevalkit, vlmevalkit-2024, lmms-eval",
    ):
        extract("A", {"A": "x"}, "gpt")
    with pytest.raises(
        UserError, match="134 of 134 MMBench rows have no prediction \\(the first: index 1\\)"
    ):
        right_rows(QUESTIONS, {}, "strict")
