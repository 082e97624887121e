"""`bettersynth submission`: MMBench answers as the file that is uploaded for its test split (xlsx), or as LLaVA's answers (jsonl)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.scoring.prediction_files import read_choice_predictions

DROPPED = ("hint", "category", "source", "image", "comment", "l2-category")
PLACE = 6  # of the predictions: the seventh column, after index, question and A to D
_NO_CELL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
)  # control characters that a workbook cannot hold


def write_submission(questions: Path, predictions: Path, output: Path) -> int:
    """Write the answers to every row of MMBench's TSV to `output` (.xlsx or .jsonl); return how many.

    The workbook has the TSV's columns without hint, categories, source, picture and comment, and `prediction` as its seventh. The
    test files, which have no answers, are what this is for.

    Raises:
        UserError: another ending, or files that cannot be read or do not fit each other.
    """
    if output.suffix not in (".xlsx", ".jsonl"):
        raise UserError(
            f"{output}: a submission is .xlsx (MMBench's upload) or .jsonl (LLaVA's answers)"
        )
    rows = mmbench.read_questions(questions, need_answers=False)
    texts = read_choice_predictions(predictions, rows).text
    if output.suffix == ".jsonl":
        records = [
            {
                "question_id": row.index,
                "prompt": mmbench.prompt(row),
                "text": texts[row.index],
                "metadata": {},
            }
            for row in rows
        ]
        content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        with complete_or_absent(output) as temporary:
            temporary.write_text(content, encoding="utf-8")
        return len(rows)
    table = pd.read_csv(questions, sep="\t")
    table = table.drop(columns=[name for name in table.columns if name.lower() in DROPPED])
    table.insert(
        min(PLACE, len(table.columns)),
        "prediction",
        [texts[int(index)] for index in table["index"]],
    )
    table = table.rename(columns=_cell).map(_cell)
    with complete_or_absent(output) as temporary:
        table.to_excel(temporary, index=False, engine="openpyxl")
    return len(rows)


def _cell(value: Any) -> Any:
    return _NO_CELL.sub("", value) if isinstance(value, str) else value
