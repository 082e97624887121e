"""Judging answers, against outputs of LLaVA, lmms-eval and VLMEvalKit
(tests/fixtures/textvqa/cases.json).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa_answers import (
    CONTRACTIONS,
    normalize_answer,
    soft_accuracy,
)

CASES = json.loads(
    (Path(__file__).parents[2] / "fixtures/textvqa/cases.json").read_text(encoding="utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["question"] for case in CASES])
def test_normalised_text_and_accuracy_equal_all_three_harnesses(case: dict) -> None:
    prediction, answers = case["prediction"], case["answers"]
    assert normalize_answer(prediction) == case["normalized_prediction"]
    assert [normalize_answer(answer) for answer in answers] == case["normalized_answers"]
    assert normalize_answer(prediction, "lmms-eval") == case["normalized_prediction_lmms"]
    assert normalize_answer(prediction, "vlmevalkit") == case["normalized_prediction_vlmeval"]
    assert soft_accuracy(prediction, answers) == pytest.approx(case["accuracy_llava"], abs=1e-12)
    assert soft_accuracy(prediction, answers, "lmms-eval") == pytest.approx(
        case["accuracy_lmms"], abs=1e-12
    )
    assert soft_accuracy(prediction, answers, "vlmevalkit") == pytest.approx(
        case["accuracy_vlmeval"], abs=1e-12
    )


def test_the_contraction_table_is_the_published_one_less_its_two_entries_that_change_nothing() -> (
    None
):
    assert len(CONTRACTIONS) == 118
    assert CONTRACTIONS["couldnt've"] == CONTRACTIONS["couldn'tve"] == "couldn't've"
    assert normalize_answer("twas someoned") == "'twas someone'd"
    assert normalize_answer("'ows'at", "vlmevalkit") == "'ow's'at"
    assert normalize_answer("ow's'at") == "ow 's'at"


def test_at_most_32_full_stops_are_removed() -> None:
    assert normalize_answer("x" + "." * 40) == "x" + "." * 8


@pytest.mark.parametrize(
    ("text", "llava", "vlmevalkit"),
    [
        ("3.", "3", "3."),
        ("3.14", "3.14", "3.14"),
        ("www.nasa.gov", "wwwnasagov", "wwwnasagov"),
        ("no.5", "no.5", "no.5"),
        ("1,000-2,000", "1000 2000", "10002000"),
        ("1,000 - 2,000", "1000 2000", "1000 2000"),
        ("Levi's", "levi 's", "levi's"),
        ("that's", "that 's", "that's"),
        ("thats", "that's", "that's"),
        ("Im", "im", "im"),
        ("None", "0", "0"),
        ("eleven of ten", "eleven of 10", "eleven of 10"),
        ("a The AN", "", ""),
        ("what? no", "what no", "what no"),
        ("a/b c", "b c", "b c"),
        ("and / or", "and or", "and or"),
        ("x/ y/z", "x yz", "x yz"),
        ("$5.00 & 10% #1 *: '", "$5.00 & 10% #1 *: '", "$5.00 & 10% #1 *: '"),
        ("Ünïcode\tÉ\n", "ünïcode é", "ünïcode é"),
        ("", "", ""),
    ],
)
def test_quirks_of_the_normalisers(text: str, llava: str, vlmevalkit: str) -> None:
    assert normalize_answer(text) == normalize_answer(text, "lmms-eval") == llava
    assert normalize_answer(text, "vlmevalkit") == vlmevalkit


def test_an_empty_prediction_scores_where_annotators_said_only_articles() -> None:
    assert soft_accuracy("", ["the"] * 4 + ["x"] * 6) == 1.0
    assert soft_accuracy("", ["x"] * 10) == 0.0


@pytest.mark.parametrize(
    ("count", "score"), [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)]
)
def test_soft_accuracy_counts_the_other_annotators(count: int, score: float) -> None:
    assert soft_accuracy(
        "yes", ["yes"] * count + [f"no{k}" for k in range(10 - count)]
    ) == pytest.approx(score)


def test_ten_answers_are_required_and_protocols_are_named() -> None:
    with pytest.raises(UserError, match="exactly 10 answers, not 3"):
        soft_accuracy("a", ["a", "b", "c"])
    with pytest.raises(
        UserError, match="no protocol evalai; its protocols are: llava, lmms-eval, vlmevalkit"
    ):
        normalize_answer("a", "evalai")
