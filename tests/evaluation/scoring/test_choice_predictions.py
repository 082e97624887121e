"""Predictions on MMBench are matched with its rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question
from bettersynth.evaluation.scoring.choice_predictions import (
    read_choice_predictions,
    require_likelihoods,
)

OPTIONS = {"A": "egg", "B": "tea"}
QUESTIONS = [
    Question(index, "What?", "", OPTIONS, "A", "food", "", "dev") for index in (1, 1_000_001)
]
LOGPROB = {"A": [-1, 2, -3.5], "B": [-4, 2, -3]}


def written(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_rows_are_matched_by_index_however_it_is_written(tmp_path: Path) -> None:
    first = {"index": "1.0", "prediction": "A", "option_logprob": LOGPROB}
    path = written(tmp_path, {"question_id": 1_000_001, "text": "B"}, first)
    read = read_choice_predictions(path, QUESTIONS)
    assert read.text == {1: "A", 1_000_001: "B"}
    assert read.option_logprob == {1: LOGPROB}
    require_likelihoods(path, read, QUESTIONS)


def test_base_rows_without_likelihoods_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, *({"index": row.index, "prediction": "A"} for row in QUESTIONS))
    read = read_choice_predictions(path, QUESTIONS)
    with pytest.raises(UserError, match=r"1 base rows lack option_logprob \(the first: index 1\)"):
        require_likelihoods(path, read, QUESTIONS)


@pytest.mark.parametrize(
    "index", ["x", 1.5, [1], float("1e400"), None], ids=["x", "1.5", "list", "inf", "none"]
)
def test_an_index_that_is_no_whole_number_is_refused(tmp_path: Path, index: Any) -> None:
    with pytest.raises(UserError, match="line 1"):
        read_choice_predictions(written(tmp_path, {"index": index, "text": "A"}), QUESTIONS)


@pytest.mark.parametrize(
    "logprob", [{"A": [-1, 2, -3]}, {"A": [-1, 0, -3], "B": [-1, 2, -3]}, {"A": 1, "B": 2}, "x"]
)
def test_log_probabilities_that_do_not_fit_the_options_are_refused(tmp_path, logprob) -> None:
    record = {"index": 1, "prediction": "A", "option_logprob": logprob}
    with pytest.raises(UserError, match="must hold .sum, tokens, prior_sum. for each of A, B"):
        read_choice_predictions(written(tmp_path, record), QUESTIONS)
