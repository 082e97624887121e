"""Answers to MMBench: a letter for each row, and the likelihood of each option as a free answer."""

from __future__ import annotations

import base64
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question, prompt, read_questions
from bettersynth.models.answering.answerer import Answer, Answerer

DECIMALS = 6  # of a log-probability in the file
LONGEST_INDEX = 16  # digits; a longer cell of digits is a picture


def predict_mmbench(answerer: Answerer, folder: Path) -> list[dict[str, Any]]:
    """Return one record a row of `folder`'s MMBench.

    It holds the greedy answer, and on base rows the likelihood of each option with picture and
    without (the prior).
    """
    path = folder / "mmbench.tsv"
    questions = read_questions(path, need_answers=False)
    pictures_by_index = mmbench_pictures(path)
    position: dict[bytes, int] = {}  # of each different picture
    pictures = []
    for question in questions:
        picture = pictures_by_index[question.index]
        pictures.append(position.setdefault(picture, len(position)))
    answerer.see(list(position))
    prompts = []
    for question, picture in zip(questions, pictures, strict=True):
        prompts.append(answerer.prompt(prompt(question), picture))
    answers = answerer.answers(prompts, answerer.settings.mmbench_tokens, "mmbench answers")
    records: list[dict[str, Any]] = []
    for question, answer in zip(questions, answers, strict=True):
        records.append({"index": question.index, "prediction": answer})
    if answerer.settings.likelihood:
        add_likelihoods(records, answerer, questions, pictures)
    return records


def add_likelihoods(
    records: list[dict[str, Any]],
    answerer: Answerer,
    questions: Sequence[Question],
    pictures: Sequence[int],
) -> None:
    """Add `option_logprob` to the records of base rows, in place.

    By letter it holds log-probability, tokens, and log-probability without the picture.
    """
    places = []  # position of the record, letter
    options = []
    for position, (question, picture) in enumerate(zip(questions, pictures, strict=True)):
        if question.index != question.group:  # a rolled form
            continue
        for letter, text in question.options.items():
            places.append((position, letter))
            options.append(Answer(question.question, picture, text))
    likelihoods = answerer.likelihoods(options, "option likelihood")
    # the same question and option stand beside several pictures; the prior is asked for once
    blind = sorted({(option.question, option.text) for option in options})
    prior_answers = [Answer(question, None, text) for question, text in blind]
    priors = dict(zip(blind, answerer.likelihoods(prior_answers, "option prior"), strict=True))
    for (position, letter), option, likelihood in zip(places, options, likelihoods, strict=True):
        prior = priors[option.question, option.text]
        by_letter = records[position].setdefault("option_logprob", {})
        by_letter[letter] = [
            round(likelihood.log_probability, DECIMALS),
            likelihood.tokens,
            round(prior.log_probability, DECIMALS),
        ]


def mmbench_pictures(path: Path) -> dict[int, bytes]:
    """Return the picture bytes of each index of an MMBench TSV.

    A number in a picture's place points to another row's.

    Raises:
        UserError: that row is not there.
    """
    csv.field_size_limit(sys.maxsize)  # a picture is longer than csv expects of a cell
    cells: dict[int, str] = {}
    with open(path, encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            cells[int(float(row["index"]))] = row["image"]
    pictures = {}
    for index, cell in cells.items():
        if cell.isdigit() and len(cell) < LONGEST_INDEX:
            if int(cell) not in cells:
                raise UserError(
                    f"{path}: the picture of index {index} points to {cell}, which is not in the "
                    "file"
                )
            cell = cells[int(cell)]
        pictures[index] = base64.b64decode(cell)
    return pictures
