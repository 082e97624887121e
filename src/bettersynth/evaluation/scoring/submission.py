"""`bettersynth submission`: MMBench answers as the file to upload (xlsx), or as LLaVA's (jsonl)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.spreadsheets import write_workbook
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question, prompt, read_questions
from bettersynth.evaluation.benchmarks.question_index import index_of
from bettersynth.evaluation.scoring.choice_predictions import read_choice_predictions

DROPPED = ("hint", "category", "source", "image", "comment", "l2-category", "prediction")
# of the predictions: the seventh column, after index, question and A to D
PLACE = 6


def write_submission(questions: Path, predictions: Path, output: Path) -> int:
    """Write the answers to every row of MMBench's TSV to `output` (.xlsx or .jsonl).

    Returns how many there are. The test files, which have no answers, are what this is for.

    Raises:
        UserError: another ending, files that cannot be read or do not fit each other, or a text
            that is too long for a workbook's cell.
    """
    if output.suffix not in (".xlsx", ".jsonl"):
        raise UserError(
            f"{output}: a submission is .xlsx (MMBench's upload) or .jsonl (LLaVA's answers)"
        )
    refuse_overwriting({"--output": output}, [questions, predictions])
    rows = read_questions(questions, need_answers=False)
    texts = read_choice_predictions(predictions, rows).text
    if output.suffix == ".jsonl":
        _write_lines(output, rows, texts)
    else:
        _write_workbook(output, questions, texts)
    return len(rows)


def _write_lines(output: Path, rows: Sequence[Question], texts: Mapping[int, str]) -> None:
    lines = []
    for row in rows:
        record = {
            "question_id": row.index,
            "prompt": prompt(row),
            "text": texts[row.index],
            "metadata": {},
        }
        # ASCII, as LLaVA's own: an answer may hold half of a surrogate pair
        lines.append(json.dumps(record) + "\n")
    with complete_or_absent(output) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def _write_workbook(output: Path, questions: Path, texts: Mapping[int, str]) -> None:
    """Write the TSV's columns but `DROPPED`, with `prediction` as the seventh."""
    # read anew, not from the questions: the server wants the file's columns as they came
    table = pd.read_csv(questions, sep="\t", dtype=str, keep_default_na=False)
    table = table.drop(columns=[name for name in table.columns if name.lower() in DROPPED])
    table = table.rename(columns=lambda name: "index" if name.lower() == "index" else name)
    table["index"] = list(map(index_of, table["index"]))
    said = [texts[index] for index in table["index"]]
    table.insert(min(PLACE, len(table.columns)), "prediction", said)
    rows = []
    for index, row in zip(table["index"], table.itertuples(index=False, name=None), strict=True):
        rows.append((f"index {index}", [None if value == "" else value for value in row]))
    write_workbook(output, list(table.columns), rows)
