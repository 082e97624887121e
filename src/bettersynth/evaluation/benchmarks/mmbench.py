"""MMBench: reading the questions of its TSV, and the three harnesses' prompts.

What is done with an answer: `mmbench_letters` (which letter is meant), `mmbench_accuracy` (scores).
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bettersynth.data.files.spreadsheets import (
    refuse_names_given_twice,
    require_line_end,
    require_whole_table,
)
from bettersynth.data.questions.prompts import LETTER_INSTRUCTION, multiple_choice_prompt
from bettersynth.data.row_files.row_file import require_row_file, require_utf8
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.question_index import index_of

GROUP = 1_000_000
"""Rows of one question differ by multiples of this: index = base + times rolled * GROUP."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# What pandas reads as missing, and so every harness; LLaVA also drops "none"
NO_HINT = ("", "none", "nan", "na", "n/a", "null", "<na>", "#n/a")

# as MMBench's leaderboard shows them
L2_ABBREVIATIONS = {
    "coarse_perception": "CP",
    "finegrained_perception (instance-level)": "FP-S",
    "finegrained_perception (cross-instance)": "FP-C",
    "logic_reasoning": "LR",
    "relation_reasoning": "RR",
    "attribute_reasoning": "AR",
}


@dataclasses.dataclass(frozen=True)
class Question:
    """One row of the TSV.

    `options` holds the non-empty ones by letter; `answer` is "" where the file has none.
    """

    index: int
    question: str
    hint: str
    options: dict[str, str]
    answer: str
    category: str
    l2_category: str
    split: str

    @property
    def group(self) -> int:
        """Index of the unrolled row of this question."""
        return self.index % GROUP


def base_questions(questions: Sequence[Question]) -> list[Question]:
    """Return the unrolled rows, in order of index: one a group."""
    return [question for question in questions if question.index < GROUP]


def read_questions(path: str | Path, need_answers: bool = True) -> list[Question]:
    """Return the rows of an MMBench TSV sorted by index, without their pictures.

    Only empty cells are missing: "None" and "NA" are options like others, though a hint that says
    no more than that is none. A file without a `split` column has the one split "none".

    Raises:
        UserError: no regular file of UTF-8, an unreadable or cut one, missing columns or two of one
            name, a non-numeric or repeated index, a rolled row without its base row, and, with
            `need_answers`, rows without an answer or with one that is not an option.
    """
    table = _table(path)
    if need_answers and ("answer" not in table.columns or table["answer"].isna().all()):
        raise UserError(
            f"{path} has no answers: MMBench's test files are scored by upload; use the dev file"
        )
    records = table.astype(object).where(table.notna(), "").to_dict("records")
    questions = []
    # line 1 holds the names
    for line, record in enumerate(records, 2):
        questions.append(_question(record, f"{path} line {line}", need_answers))
    _refuse_loose_rows(questions, path)
    return sorted(questions, key=lambda question: question.index)


def _table(path: str | Path) -> pd.DataFrame:
    """Return the TSV as text, without the pictures; column names but the letters in lower case."""
    path = Path(path)
    require_row_file(path, str(path))
    require_utf8(path)
    try:
        require_whole_table(path, "\t")
        # pictures are most of the file and no question needs them
        table = pd.read_csv(
            path,
            sep="\t",
            dtype=str,
            usecols=lambda name: name.lower() != "image",
            keep_default_na=False,
            na_values=[""],
        )
    except (ValueError, csv.Error, pd.errors.ParserError) as error:
        raise UserError(
            f"{path} is not a tab-separated table: {' '.join(str(error).split())}"
        ) from None
    # letters are told from words by their case: `A` is an option, `a` would be a word
    table.columns = [name if name in LETTERS else name.lower() for name in table.columns]
    refuse_names_given_twice(path, table.columns)
    lacking = [name for name in ("index", "question", "A", "B") if name not in table.columns]
    if lacking:
        raise UserError(
            f"{path} lacks the columns {', '.join(lacking)}; "
            "an MMBench TSV has index, question, A, B, C, D, answer, category"
        )
    if table.empty:
        raise UserError(f"{path} holds no questions")
    require_line_end(path)
    return table


def _refuse_loose_rows(questions: Sequence[Question], path: str | Path) -> None:
    """Raise a UserError for an index that is there twice, or a rolled row without its base row."""
    known: set[int] = set()
    for question in questions:
        if question.index in known:
            raise UserError(f"{path} has the index {question.index} twice")
        known.add(question.index)
    for question in questions:
        if question.group not in known:
            raise UserError(
                f"{path}: row {question.index} is a rolled form of {question.group}, "
                "which is not in the file"
            )


def hint_of(cell: str) -> str:
    """Return the hint of a cell, "" where it holds no more than a word for "missing"."""
    return "" if cell.lower() in NO_HINT else cell


def _question(record: Mapping[str, str], where: str, need_answers: bool) -> Question:
    index = index_of(record["index"])
    if index is None:
        written = record["index"].strip()
        raise UserError(f"{where}: the index {written!r} is not a whole number")
    options = {letter: record[letter] for letter in LETTERS if record.get(letter)}
    answer = record.get("answer", "")
    if need_answers and answer not in options:
        raise UserError(
            f"{where}: the answer {answer!r} is not one of the options {', '.join(options)}"
        )
    return Question(
        index=index,
        question=record["question"],
        hint=hint_of(record.get("hint", "")),
        options=options,
        answer=answer,
        category=record.get("category", ""),
        l2_category=record.get("l2-category", ""),
        split=record.get("split", "none"),
    )


def llava_options(question: Question) -> list[str]:
    """Return the option texts that LLaVA, MGM and the kit show.

    They are A to D until the first that is missing, "nan" or "none".
    """
    texts: list[str] = []
    for letter in "ABCD":
        text = question.options.get(letter, "")
        # `nan` is what pandas makes of an empty cell, and what LLaVA then takes for missing
        if text.lower() in ("", "nan", "none"):
            break
        texts.append(text)
    return texts


def prompt(question: Question, style: str = "llava") -> str:
    """Return the text after the image, as the harness `style` words it.

    Styles: `llava` (also MGM and the kit), `vlmevalkit`, `lmms-eval`.

    Raises:
        UserError: unknown style.
    """
    if style == "llava":
        return multiple_choice_prompt(question.question, llava_options(question), question.hint)
    if style == "vlmevalkit":
        return _vlmevalkit_prompt(question)
    if style == "lmms-eval":
        return _lmms_prompt(question)
    raise UserError(
        f"MMBench has no prompt style {style}; its styles are: llava, vlmevalkit, lmms-eval"
    )


def _vlmevalkit_prompt(question: Question) -> str:
    lines = [f"Hint: {question.hint}"] if question.hint else []
    lines.append(f"Question: {question.question}")
    if question.options:
        lines.append("Options:")
        lines += [f"{letter}. {text}" for letter, text in question.options.items()]
        lines.append("Please select the correct answer from the options above. ")
    return "\n".join(lines) + "\n"


def _lmms_prompt(question: Question) -> str:
    stem = f"{question.hint} {question.question}" if question.hint else question.question
    options = question.options.items()
    listed = [f"{letter}. {text}" for letter, text in options if letter in "ABCDE"]
    lines = [f"{stem} There are several options:", *listed, "", LETTER_INSTRUCTION]
    return "\n".join(lines)
