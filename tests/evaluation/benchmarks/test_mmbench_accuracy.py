"""MMBench's accuracies, against what VLMEvalKit and lmms-eval read (tests/fixtures/mmbench)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import base_questions, read_questions
from bettersynth.evaluation.benchmarks.mmbench_accuracy import (
    accuracy_table,
    chance_levels,
    circular_hits,
    likelihood_choice,
    likelihood_hits,
    right_probability,
    right_rows,
)
from bettersynth.evaluation.benchmarks.mmbench_letters import extract

FIXTURES = Path(__file__).parents[2] / "fixtures/mmbench"
QUESTIONS = read_questions(FIXTURES / "mmbench_synth.tsv")
PREDICTIONS = json.loads((FIXTURES / "predictions.json").read_text(encoding="utf-8"))
HARNESSES = {"vlmevalkit": "vlmeval", "vlmevalkit-2024": "vlmeval_2024", "lmms-eval": "lmms"}


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


def test_the_right_options_probability_is_its_share_of_the_options_mean_likelihoods() -> None:
    equal = {"A": [-2.0, 1, -9.0], "B": [-4.0, 2, -9.0], "C": [-10.0, 5, -9.0]}
    assert right_probability(equal, "C") == pytest.approx(1 / 3)
    twice = equal | {"B": [-4.0 + 2 * math.log(2), 2, -9.0]}
    assert right_probability(twice, "B") == pytest.approx(1 / 2)
    # neither a wrong option that is surely wrong nor a right one underflows
    far = {"A": [-5000.0, 1, 0.0], "B": [-9000.0, 1, 0.0]}
    assert (right_probability(far, "A"), right_probability(far, "B")) == (1.0, 0.0)


def test_chance_counts_the_options_of_each_question(tmp_path: Path) -> None:
    file = tmp_path / "q.tsv"
    file.write_text(
        "index\tquestion\tA\tB\tC\tD\tanswer\n1\tq\tx\ty\t\t\tA\n1000001\tq\ty\tx\t\t\tB\n2\t"
        "q\tx\ty\tz\tw\tD\n"
    )
    levels = chance_levels(read_questions(file))
    assert levels == pytest.approx(
        {"likelihood": 0.375, "vanilla": (0.5 + 0.5 + 0.25) / 3, "circular": (0.25 + 0.25) / 2}
    )


def test_likelihood_hits_are_the_base_rows_whose_likeliest_option_is_the_answer() -> None:
    base = base_questions(QUESTIONS)[:2]
    known = {}
    for question, right in zip(base, (True, False), strict=True):
        known[question.index] = {
            letter: [-1.0 if (letter == question.answer) == right else -9.0, 1, -2.0]
            for letter in question.options
        }
    assert likelihood_hits(base, known, minus_prior=False).tolist() == [True, False]


def test_a_missing_prediction_is_named() -> None:
    with pytest.raises(
        UserError, match="134 of 134 MMBench rows have no prediction \\(the first: index 1\\)"
    ):
        right_rows(QUESTIONS, {}, "strict")
