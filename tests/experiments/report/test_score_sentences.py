"""Scores in words."""

from __future__ import annotations

import pytest

from bettersynth.data.tables.items import EXTRACTIONS, NORMALISERS, harness_column, item_table
from bettersynth.experiments.report.score_rows import ScoreRow
from bettersynth.experiments.report.score_sentences import blind_answers, harness_table, verdicts

LEVELS = {
    "mmbench": {"questions": 3, "chance": {"likelihood": 0.3}, "longest_option": 0.4},
    "textvqa": {"questions": 3, "any_listed_token": 0.5, "place_rule": 0.6, "kinds": {}},
}
BLIND = {
    "mmbench": {"any option": 0.3, "longest option": 0.4},
    "textvqa": {"any listed token": 0.5, "place rule": 0.6},
}


def board_row(low: float, high: float) -> ScoreRow:
    score = (low + high) / 2
    return ScoreRow("TextVQA", "", score, low, high, 50.0, "any listed token", headline=True)


def test_a_score_below_guessing_is_no_reading() -> None:
    said, rule = verdicts([board_row(10, 20)], BLIND)
    assert said.startswith("TextVQA: 15.0 (10.0 to 20.0) does not beat answering with any word")
    assert said.endswith("read this score as a measure of copying, not of reading.")
    assert rule.endswith("so nothing here shows that the picture itself is read.")


def test_a_score_of_things_below_guessing_says_nothing_of_reading() -> None:
    said, rule = verdicts([board_row(10, 20)], BLIND | {"textvqa_reading": BLIND["textvqa"]})
    assert said.endswith("does not beat answering with any word that the OCR engine listed (50.0).")
    assert rule.endswith("so nothing here shows that the picture itself is read.")


def test_a_score_above_guessing_and_above_the_rule_is_said_too() -> None:
    said, rule = verdicts([board_row(70, 80)], BLIND)
    assert said.endswith("beats answering with any word that the OCR engine listed (50.0).")
    assert rule == ("The best answer without the picture (place rule) gets 60.0; TextVQA beats it.")


def test_other_rows_have_no_sentence() -> None:
    row = ScoreRow("MMBench strict", "", 1, 0, 2, 10.0, "chance", headline=False)
    assert verdicts([row], BLIND) == []


def test_answers_without_a_picture_are_listed_in_percent() -> None:
    assert blind_answers(LEVELS, BLIND) == [
        ("MMBench", "headline: any option", 30.0),
        ("MMBench", "headline: longest option", 40.0),
        ("MMBench", "guessing evenly, likelihood", 30.0),
        ("MMBench", "longest option", 40.0),
        ("TextVQA", "any listed token", 50.0),
        ("TextVQA", "place rule", 60.0),
    ]


def test_each_harness_has_its_number() -> None:
    choice = {"benchmark": "mmbench", "seed": 0, "item": "a", "rows": 1}
    for harness in EXTRACTIONS:
        choice[harness_column("circular", harness)] = 1.0
        choice[harness_column("vanilla", harness)] = 0.5
    text = {"benchmark": "textvqa", "seed": 0, "item": "b", "rows": 1}
    for harness in NORMALISERS:
        text[harness_column("accuracy", harness)] = 0.3
    circular, vanilla, accuracy = harness_table(item_table([choice, text]))
    assert circular == ("MMBench circular", [(harness, 100.0) for harness in EXTRACTIONS])
    assert vanilla[1][0] == ("vlmevalkit", 50.0)
    assert accuracy[1] == [(harness, pytest.approx(30.0)) for harness in NORMALISERS]
