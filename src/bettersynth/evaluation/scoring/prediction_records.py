"""Reading the records of a predictions file, whichever of the known tools wrote it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.spreadsheets import require_whole_table, workbook_rows
from bettersynth.data.row_files.row_file import require_row_file, require_utf8
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError

FORMATS = ".jsonl (LLaVA, lmms-eval, bettersynth), .json, .xlsx, .tsv or .csv (VLMEvalKit)"
# JSON and workbooks say themselves how they are encoded
LINES = (".jsonl", ".tsv", ".csv")

ANSWER_NAMES = ("prediction", "filtered_resps", "resps", "text")
NO_ANSWER = "holds no answer; it is looked for as prediction, filtered_resps, resps or text"


def read_records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place such as `F line 3`, record) of a jsonl, json, xlsx, tsv or csv file.

    Empty cells are absent from the record; what lmms-eval nests stands beside the rest.

    Raises:
        UserError: no such file, none that is regular, another format, lines that are no UTF-8,
            broken content, no record at all, or none with an answer.
    """
    require_row_file(path, str(path), f"; predictions are {FORMATS}")
    readers: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
        ".jsonl": json_rows,
        ".json": _json_list,
        ".xlsx": _workbook,
        ".tsv": _cells,
        ".csv": _cells,
    }
    if path.suffix.lower() not in readers:
        raise UserError(f"{path} has an unknown ending; predictions are {FORMATS}")
    if path.suffix.lower() in LINES:
        require_utf8(path)
    # a column under another name would score as answers that say nothing
    silent: list[str] = []
    records = 0
    for place, record in readers[path.suffix.lower()](path):
        if not isinstance(record, dict):
            raise UserError(f"{place} is not an object with named fields")
        records += 1
        record = _unnested(record)
        if not any(name in record for name in _answer_names(record)):
            silent.append(place)
        yield place, record
    if not records:
        raise UserError(f"{path} holds no predictions")
    if len(silent) == records:
        fields = ", ".join(map(str, record))
        raise UserError(f"{path} {NO_ANSWER}; the last record has: {fields}")
    if silent:
        print(
            f"warning: {path}: {len(silent):,} records have no answer, which counts as an empty "
            f"one; the first: {silent[0]}",
            file=sys.stderr,
        )


def _json_list(path: Path) -> Iterator[tuple[str, Any]]:
    content = read_json(path)
    records = content
    if isinstance(content, dict):
        # lmms-eval's sample logs, or an object as TextVQA's own files are
        records = content.get("logs", content.get("data"))
    if not isinstance(records, list):
        raise UserError(f"{path} holds no list of predictions")
    for number, record in enumerate(records, 1):
        yield f"{path} entry {number}", record


def _workbook(path: Path) -> Iterator[tuple[str, Any]]:
    for number, record in workbook_rows(path):
        yield f"{path} row {number}", record


def _cells(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a csv or tsv; only an empty cell is missing, "None" is an answer."""
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        require_whole_table(path, separator)
        table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path} is not a table: {' '.join(str(error).split())[:150]}") from None
    # row 1 holds the names
    for number, row in enumerate(table.to_dict("records"), 2):
        record = {str(name): value for name, value in row.items() if isinstance(value, str)}
        yield f"{path} row {number}", record


def _unnested(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record with what lmms-eval nests: its question (`doc`) and its score entry."""
    merged: dict[str, Any] = {}
    # what stands in the record itself wins over what is nested
    for name in ("doc", "gpt_eval_score", "submission"):
        if isinstance(record.get(name), dict):
            merged |= record[name]
    return merged | {name: value for name, value in record.items() if value is not None}


def answer_of(record: Mapping[str, Any], place: str) -> str:
    """Return the answer, wherever the harness put it; an absent VLMEvalKit cell is an empty answer.

    lmms-eval's sample log nests it in lists, its rows and VLMEvalKit's say `prediction`, LLaVA says
    `text`. `answer` is the right one wherever the question stands beside it; in TextVQA's
    submission format, without the question, it is the given one.

    Raises:
        UserError: the record has no answer, or one that is no valid Unicode.
    """
    for name in _answer_names(record):
        value = record.get(name)
        # lmms-eval nests one answer in lists of lists, one a repeat
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            if broken := invalid_unicode(str(value)):
                raise UserError(f"{place}: the answer is {broken}")
            return str(value)
    # a table of VLMEvalKit: a model that said nothing leaves an empty cell
    if {"index", "question"} <= record.keys():
        return ""
    raise UserError(f"{place} {NO_ANSWER}")


def _answer_names(record: Mapping[str, Any]) -> tuple[str, ...]:
    if "question" not in record and "question_id" in record:
        return (*ANSWER_NAMES, "answer")
    return ANSWER_NAMES


def refuse_missing(path: Path, lacking: Sequence[str], total: int) -> None:
    """Raise a UserError if `path` answers fewer than all `total` questions; it names the first."""
    if lacking:
        raise UserError(
            f"{path} answers {total - len(lacking)} of {total} questions; "
            f"the first one missing: {lacking[0]}"
        )
