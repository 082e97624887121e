"""The files of the two benchmarks, in the formats in which MMBench and TextVQA are published."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.tables.made_files import (
    made,
    read_made_json,
    read_made_object,
    read_made_rows,
)
from bettersynth.errors import UserError

FOLDER = Path("data/benchmark")
MMBENCH = FOLDER / "mmbench.tsv"
TEXT_QUESTIONS = FOLDER / "textvqa.jsonl"
ANNOTATIONS = FOLDER / "textvqa_annotations.json"
BOARDS = FOLDER / "textvqa_images"
BASELINES = FOLDER / "baselines.json"

MMBENCH_COLUMNS = (
    "index", "question", "hint", "A", "B", "C", "D", "answer", "category", "image", "source",
    "l2-category", "comment", "split",
)  # fmt: skip
TEXT_QUESTION_FIELDS = ("question_id", "image", "text")


def write_mmbench(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write MMBench's TSV; a row holds `MMBENCH_COLUMNS`."""
    with (
        complete_or_absent(MMBENCH) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.DictWriter(stream, MMBENCH_COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_text_questions(questions: Iterable[Mapping[str, Any]]) -> None:
    """Write LLaVA's question file of TextVQA: `question_id`, `image`, `text`, `category` a line."""
    with complete_or_absent(TEXT_QUESTIONS) as temporary:
        lines = [json.dumps(question) + "\n" for question in questions]
        temporary.write_text("".join(lines), encoding="utf-8")


def read_text_questions() -> list[dict[str, Any]]:
    """Return the rows of LLaVA's question file of TextVQA.

    Raises:
        UserError: no stage has written it yet, or it is damaged.
    """
    rows = read_made_rows(TEXT_QUESTIONS)
    with made(TEXT_QUESTIONS):
        for number, row in enumerate(rows, 1):
            lacking = [name for name in TEXT_QUESTION_FIELDS if name not in row]
            if lacking:
                raise UserError(f"{TEXT_QUESTIONS} row {number} lacks {', '.join(lacking)}")
        if not rows:
            raise UserError(f"{TEXT_QUESTIONS} holds no questions")
    return rows


def write_annotations(entries: Sequence[Mapping[str, Any]]) -> None:
    """Write the annotations of the drawn boards as TextVQA 0.5.1 has its own."""
    header = {
        "dataset_type": "val",
        "dataset_name": "bettersynth-signs",
        "dataset_version": "0.5.1",
    }
    write_json(ANNOTATIONS, header | {"data": entries})


def read_annotation_file() -> Any:
    """Return the content of TextVQA's annotation file; `read_annotations` checks and joins it."""
    return read_made_json(ANNOTATIONS)


def write_baselines(levels: Mapping[str, Any]) -> None:
    """Write what guessing gets on both benchmarks."""
    write_json(BASELINES, levels)


def read_baselines() -> dict[str, Any]:
    """Return what guessing gets, by benchmark."""
    return read_made_object(BASELINES, has={"mmbench": dict, "textvqa": dict})
