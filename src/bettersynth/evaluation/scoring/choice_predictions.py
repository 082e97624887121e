"""Predictions on MMBench: this pipeline's own, and those that LLaVA, VLMEvalKit and lmms-eval
write.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question, base_questions
from bettersynth.evaluation.benchmarks.question_index import index_of
from bettersynth.evaluation.scoring.prediction_records import (
    answer_of,
    read_records,
    refuse_missing,
)


@dataclasses.dataclass(frozen=True)
class ChoicePredictions:
    """Answers by row index, and log-probabilities by index of the base rows.

    `option_logprob` holds letter -> [sum, tokens, prior_sum]; {} where a file gives none.
    """

    text: dict[int, str]
    option_logprob: dict[int, dict[str, list[float]]]


def read_choice_predictions(path: Path, questions: Sequence[Question]) -> ChoicePredictions:
    """Return the MMBench predictions of a file for exactly the rows of `questions`.

    Rows are matched by `index` (VLMEvalKit, lmms-eval, ours) or `question_id` (LLaVA).

    Raises:
        UserError: a row twice, missing, or of another benchmark; log-probabilities that do not fit
            the options.
    """
    rows = {question.index: question for question in questions}
    text: dict[int, str] = {}
    logprob: dict[int, dict[str, list[float]]] = {}
    for place, record in read_records(path):
        index = _index(record.get("index", record.get("question_id")), place)
        if index not in rows:
            raise UserError(
                f"{place}: index {index} is not in the questions; is this another benchmark's file?"
            )
        if index in text:
            raise UserError(f"{place}: index {index} is answered twice")
        text[index] = answer_of(record, place)
        if record.get("option_logprob"):
            logprob[index] = _logprob(record["option_logprob"], rows[index], place)
    refuse_missing(path, [str(index) for index in rows if index not in text], len(rows))
    return ChoicePredictions(text, logprob)


def _index(value: Any, place: str) -> int:
    if value is None:
        raise UserError(f"{place} has no index; is this another benchmark's file?")
    index = index_of(value)
    if index is None:
        raise UserError(f"{place}: the index {value!r} is not a whole number")
    return index


def _logprob(value: Any, question: Question, place: str) -> dict[str, list[float]]:
    fits = isinstance(value, dict) and value.keys() == question.options.keys()
    if not fits or not all(_is_triple(triple) for triple in value.values()):
        raise UserError(
            f"{place}: option_logprob must hold [sum, tokens, prior_sum] "
            f"for each of {', '.join(question.options)}"
        )
    return value


def _is_triple(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 3:
        return False
    for number in value:
        # JSON as Python reads it may hold NaN and Infinity
        if not isinstance(number, int | float) or not math.isfinite(number):
            return False
    _, tokens, _ = value
    return tokens > 0


def require_likelihoods(
    path: Path, predictions: ChoicePredictions, questions: Sequence[Question]
) -> None:
    """Raise a UserError unless every base row has its options' log-probabilities."""
    known = predictions.option_logprob
    lacking = [row.index for row in base_questions(questions) if row.index not in known]
    if lacking:
        raise UserError(
            f"{path}: {len(lacking)} base rows lack option_logprob "
            f"(the first: index {lacking[0]}); make the predictions again"
        )
