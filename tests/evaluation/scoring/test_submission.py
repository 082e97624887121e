"""What is uploaded to MMBench: the columns that its server takes, every row, the answers as they
were given.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.score_files import score_files
from bettersynth.evaluation.scoring.submission import write_submission

FIXTURES = Path(__file__).parents[2] / "fixtures/mmbench"
TSV = FIXTURES / "mmbench_synth.tsv"
CASES = json.loads((FIXTURES / "predictions.json").read_text(encoding="utf-8"))


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "mmbench-0.jsonl"
    path.write_text(
        "".join(
            json.dumps({"index": case["index"], "prediction": case["prediction"]}) + "\n"
            for case in CASES
        )
    )
    return path


def test_the_workbook_has_the_uploads_columns_and_scores_as_the_predictions_do(
    tmp_path: Path, predictions: Path
) -> None:
    output = tmp_path / "upload.xlsx"
    assert write_submission(TSV, predictions, output) == len(CASES)
    table = pd.read_excel(output, keep_default_na=False)
    assert list(table.columns) == [
        "index",
        "question",
        "A",
        "B",
        "C",
        "D",
        "prediction",
        "answer",
        "split",
    ]
    assert table["index"].tolist() == pd.read_csv(TSV, sep="\t")["index"].tolist()
    assert (
        score_files("mmbench", TSV, output)["scores"]
        == score_files("mmbench", TSV, predictions)["scores"]
    )


def test_a_test_file_without_answers_can_be_submitted(tmp_path: Path, predictions: Path) -> None:
    pd.read_csv(TSV, sep="\t").drop(columns="answer").to_csv(
        tmp_path / "test.tsv", sep="\t", index=False
    )
    write_submission(tmp_path / "test.tsv", predictions, tmp_path / "upload.xlsx")
    assert list(pd.read_excel(tmp_path / "upload.xlsx").columns)[5:] == ["D", "prediction", "split"]


def test_lines_are_llavas_and_read_back(tmp_path: Path, predictions: Path) -> None:
    write_submission(TSV, predictions, tmp_path / "answers.jsonl")
    first = json.loads((tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(first) == {"question_id", "prompt", "text", "metadata"}
    assert first["prompt"].endswith(
        "Answer with the option's letter from the given choices directly."
    )
    assert (
        score_files("mmbench", TSV, tmp_path / "answers.jsonl")["scores"]
        == score_files("mmbench", TSV, predictions)["scores"]
    )


def test_control_characters_do_not_break_the_workbook(tmp_path: Path) -> None:
    (tmp_path / "q.tsv").write_text("index\tquestion\tA\tB\n1\tq\x07\tx\ty\n")
    (tmp_path / "p.jsonl").write_text(json.dumps({"index": 1, "prediction": "A\x07\x00 <b>"}))
    write_submission(tmp_path / "q.tsv", tmp_path / "p.jsonl", tmp_path / "u.xlsx")
    assert pd.read_excel(tmp_path / "u.xlsx")["prediction"].tolist() == ["A <b>"]


def test_missing_answers_and_other_endings_are_one_clear_error(
    tmp_path: Path, predictions: Path
) -> None:
    with pytest.raises(UserError, match=r"upload.csv: a submission is .xlsx"):
        write_submission(TSV, predictions, tmp_path / "upload.csv")
    predictions.write_text(predictions.read_text().split("\n", 1)[1])
    with pytest.raises(UserError, match="answers 133 of 134 questions"):
        write_submission(TSV, predictions, tmp_path / "upload.xlsx")
    assert not (tmp_path / "upload.xlsx").exists()


def test_hostile_answers_stay_text_and_too_long_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "q.tsv").write_text("Index\tquestion\tA\tB\tprediction\n1\tq\tNone\tNA\told\n")
    answers = tmp_path / "p.jsonl"
    answers.write_text(json.dumps({"index": 1, "prediction": "=1+1"}))
    write_submission(tmp_path / "q.tsv", answers, tmp_path / "u.xlsx")
    table = pd.read_excel(tmp_path / "u.xlsx", keep_default_na=False)
    assert table.iloc[0].tolist() == [1, "q", "None", "NA", "=1+1"]
    answers.write_text(json.dumps({"index": 1, "prediction": "x" * 40_000}))
    with pytest.raises(UserError, match="index 1, column prediction has 40,000 characters"):
        write_submission(tmp_path / "q.tsv", answers, tmp_path / "u.xlsx")


def test_the_predictions_are_not_written_over(tmp_path):
    predictions = tmp_path / "p.jsonl"
    predictions.write_text("{}")
    with pytest.raises(UserError, match="--output .* would be written over .*, which is read"):
        write_submission(tmp_path / "q.tsv", predictions, predictions)
    assert predictions.read_text() == "{}"
