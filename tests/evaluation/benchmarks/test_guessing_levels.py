"""What guessing gets is measured on the files and said in two lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_answers import BOARDS, QUESTIONS, write_benchmarks

from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.tables.benchmark import (
    read_annotation_file,
    read_baselines,
    write_annotations,
    write_text_questions,
)
from bettersynth.evaluation.benchmarks.guessing_levels import described, measure_baselines


def test_both_benchmarks_are_measured_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_benchmarks()
    text = text_prompt("What word is on the sign?", ["stop", "go"])
    boards = range(BOARDS)
    write_text_questions(
        {"question_id": f"b{board}", "image": f"b{board}.png", "text": text} for board in boards
    )
    levels = measure_baselines()
    assert read_baselines() == levels
    assert levels["mmbench"]["questions"] == QUESTIONS
    assert levels["mmbench"]["chance"]["likelihood"] == pytest.approx(0.375)
    assert levels["textvqa"]["any_listed_token"] == pytest.approx(0.5)
    choice, board = described(levels).splitlines()
    assert choice.startswith("MMBench: 30 questions in 90 rows; by chance 37.5% (likelihood)")
    assert board.startswith("TextVQA: 20 questions; any listed token 50.0%, first 100.0%")


def test_reading_has_a_line_of_its_own_where_things_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_benchmarks()
    content = read_annotation_file()
    content["data"][0]["question_kind"] = "thing"
    write_annotations(content["data"])
    text = text_prompt("What word is on the sign?", ["stop", "go"])
    boards = range(BOARDS)
    write_text_questions(
        {"question_id": f"b{board}", "image": f"b{board}.png", "text": text} for board in boards
    )
    _, things, reading = described(measure_baselines()).splitlines()
    assert things.startswith("TextVQA: 1 questions; any listed token 50.0%")
    assert reading.startswith("TextVQA reading: 19 questions; any listed token 50.0%")
