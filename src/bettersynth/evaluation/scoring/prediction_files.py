"""Reading predictions: this pipeline's own, and those that LLaVA, VLMEvalKit and lmms-eval write."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from bettersynth.data.files.reading import parse_json, read_json
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP, Question
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt, repeated_key

FORMATS = ".jsonl (LLaVA, lmms-eval, bettersynth), .json, .xlsx, .tsv or .csv (VLMEvalKit)"


@dataclasses.dataclass(frozen=True)
class ChoicePredictions:
    """Answers by row index; `option_logprob` by index of the base rows: letter -> [sum, tokens, prior_sum], {} where not given."""

    text: dict[int, str]
    option_logprob: dict[int, dict[str, list[float]]]


def read_records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place such as `F line 3`, record) of a jsonl, json, xlsx or tsv file; empty cells are absent from the record.

    Raises:
        UserError: no such file, another format, broken content, or no record at all.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; predictions are {FORMATS}")
    readers: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
        ".jsonl": _json_lines, ".json": _json_list, ".xlsx": _cells, ".tsv": _cells, ".csv": _cells,
    }  # fmt: skip
    if path.suffix.lower() not in readers:
        raise UserError(f"{path} has an unknown ending; predictions are {FORMATS}")
    empty = True
    for place, record in readers[path.suffix.lower()](path):
        if not isinstance(record, dict):
            raise UserError(f"{place} is not an object with named fields")
        empty = False
        yield place, record
    if empty:
        raise UserError(f"{path} holds no predictions")


def _json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield f"{path} line {number}", parse_json(line.strip(), f"{path} line {number}")


def _json_list(path: Path) -> Iterator[tuple[str, Any]]:
    content = read_json(path)
    records = content.get("logs", content.get("data")) if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise UserError(f"{path} holds no list of predictions")
    yield from ((f"{path} entry {number}", record) for number, record in enumerate(records, 1))


def _cells(path: Path) -> Iterator[tuple[str, Any]]:
    ending = path.suffix.lower()
    try:
        if ending == ".xlsx":
            table = pd.read_excel(path, dtype=str, keep_default_na=False, na_values=[""])
        else:
            table = pd.read_csv(
                path,
                sep="\t" if ending == ".tsv" else ",",
                dtype=str,
                keep_default_na=False,
                na_values=[""],
            )
    except (ValueError, BadZipFile, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path} is not a table: {' '.join(str(error).split())[:150]}") from None
    for number, row in enumerate(table.to_dict("records"), 2):
        yield (
            f"{path} row {number}",
            {str(name): value for name, value in row.items() if isinstance(value, str)},
        )


def _text_of(record: Mapping[str, Any], place: str) -> str:
    """Return the answer, wherever the harness put it; an absent VLMEvalKit cell is an empty answer.

    lmms-eval's sample log nests it in lists, its rows and VLMEvalKit's say `prediction`, LLaVA says `text`. `answer` is the
    right one wherever the question stands beside it; in TextVQA's submission format, without the question, it is the given one.
    """
    submission = ("answer",) if "question" not in record and "question_id" in record else ()
    for name in ("prediction", "filtered_resps", "resps", "text", *submission):
        value = record.get(name)
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
    if {"index", "question"} <= record.keys():
        return ""
    raise UserError(
        f"{place} holds no answer; it is looked for as prediction, filtered_resps, resps or text"
    )


def _document(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record together with what lmms-eval nests: its question (`doc`) and its score entry."""
    merged: dict[str, Any] = {}
    for name in ("doc", "gpt_eval_score", "submission"):
        if isinstance(record.get(name), dict):
            merged |= record[name]
    return merged | {name: value for name, value in record.items() if value is not None}


def read_choice_predictions(path: Path, questions: Sequence[Question]) -> ChoicePredictions:
    """Return the MMBench predictions of a file for exactly the rows of `questions`.

    Rows are matched by `index` (VLMEvalKit, lmms-eval, ours) or `question_id` (LLaVA).

    Raises:
        UserError: a row twice, missing, or of another benchmark; log-probabilities that do not fit the options.
    """
    rows = {question.index: question for question in questions}
    text: dict[int, str] = {}
    logprob: dict[int, dict[str, list[float]]] = {}
    for place, raw in read_records(path):
        record = _document(raw)
        index = _index(record.get("index", record.get("question_id")), place)
        if index not in rows:
            raise UserError(
                f"{place}: index {index} is not in the questions; is this another benchmark's file?"
            )
        if index in text:
            raise UserError(f"{place}: index {index} is answered twice")
        text[index] = _text_of(record, place)
        if record.get("option_logprob"):
            logprob[index] = _logprob(record["option_logprob"], rows[index], place)
    _complete(path, [str(index) for index in rows if index not in text], len(rows))
    return ChoicePredictions(text, logprob)


def _index(value: Any, place: str) -> int:
    if value is None:
        raise UserError(f"{place} has no index; is this another benchmark's file?")
    try:
        number = float(value)
        if math.isfinite(number) and number == int(number):
            return int(number)
    except (TypeError, ValueError):
        pass
    raise UserError(f"{place}: the index {value!r} is not a whole number")


def _logprob(value: Any, question: Question, place: str) -> dict[str, list[float]]:
    fits = isinstance(value, dict) and value.keys() == question.options.keys()
    if not fits or not all(_is_triple(triple) for triple in value.values()):
        raise UserError(
            f"{place}: option_logprob must hold [sum, tokens, prior_sum] for each of {', '.join(question.options)}"
        )
    return value


def _is_triple(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(v, int | float) and math.isfinite(v) for v in value)
        and value[1] > 0
    )


def require_likelihoods(
    path: Path, predictions: ChoicePredictions, questions: Sequence[Question]
) -> None:
    """Raise a UserError unless every base row has its options' log-probabilities."""
    lacking = [
        q.index for q in questions if q.index < GROUP and q.index not in predictions.option_logprob
    ]
    if lacking:
        raise UserError(
            f"{path}: {len(lacking)} base rows lack option_logprob (the first: index {lacking[0]}); make the predictions again"
        )


def read_text_predictions(
    path: Path, keys: Sequence[tuple[str, str]], ids: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the TextVQA predictions of a file for exactly the (image id, lower-case question) of `keys`.

    LLaVA's lines carry the image id as `question_id` and the prompt; ours and lmms-eval's carry image id and question.
    Others carry a question id only, looked up in `ids`; VLMEvalKit's rows a running index, checked against the question there.

    Raises:
        UserError: a question twice, missing, or of another benchmark.
    """
    wanted = set(keys)
    answers: dict[tuple[str, str], str] = {}
    for place, raw in read_records(path):
        record = _document(raw)
        key = _text_key(record, ids, keys, place)
        if key not in wanted:
            raise UserError(
                f"{place}: image {key[0]} with question {key[1]!r} is not in the questions; is this another benchmark's file?"
            )
        asked, times = key, 1
        while key in answers and repeated_key(asked, times + 1) in wanted:
            times += 1
            key = repeated_key(asked, times)
        if key in answers:
            raise UserError(f"{place}: image {key[0]} with question {key[1]!r} is answered twice")
        answers[key] = _text_of(record, place)
    _complete(
        path,
        [f"{image}, {question!r}" for image, question in keys if (image, question) not in answers],
        len(keys),
    )
    return answers


def _text_key(
    record: Mapping[str, Any],
    ids: Mapping[str, tuple[str, str]],
    keys: Sequence[tuple[str, str]],
    place: str,
) -> tuple[str, str]:
    if isinstance(record.get("prompt"), str):
        try:
            return str(record.get("question_id")), question_of_prompt(record["prompt"])
        except UserError as error:
            raise UserError(f"{place}: {error}") from None
    if "question_id" in record and str(record["question_id"]) in ids and "doc_id" in record:
        return ids[str(record["question_id"])]
    if "image_id" in record and "question" in record:
        return str(record["image_id"]), str(record["question"]).lower()
    identity = str(record.get("question_id", record.get("index", record.get("doc_id"))))
    said = str(record["question"]).lower() if "question" in record else None
    found = ids.get(identity)
    if said is not None and (found is None or not found[1].startswith(said)):
        rows = [int(identity), int(identity) - 1] if identity.isdigit() else []
        found = next(
            (keys[row] for row in rows if 0 <= row < len(keys) and keys[row][1].startswith(said)),
            None,
        )
    if found is None:
        raise UserError(
            f"{place}: the question id {identity} is not in the questions; is this another benchmark's file?"
        )
    return found


def _complete(path: Path, lacking: list[str], total: int) -> None:
    if lacking:
        raise UserError(
            f"{path} answers {total - len(lacking)} of {total} questions; the first one missing: {lacking[0]}"
        )
