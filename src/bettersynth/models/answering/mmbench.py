"""Answers to MMBench: a letter for each row, and the likelihood of each option as a free answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.data.tables.made_files import made
from bettersynth.evaluation.benchmarks.mmbench import Question, prompt, read_questions
from bettersynth.evaluation.benchmarks.mmbench_pictures import read_pictures
from bettersynth.models.answering.answer_tokens import Answer
from bettersynth.models.answering.answerer import Answerer

# of a log-probability in the file
DECIMALS = 6


def predict_mmbench(answerer: Answerer) -> list[dict[str, Any]]:
    """Return one record a row of the benchmark's MMBench.

    It holds the greedy answer, and on base rows the likelihood of each option with picture and
    without (the prior).
    """
    with made(MMBENCH):
        questions = read_questions(MMBENCH, need_answers=False)
    pictures = show_pictures(answerer, questions)
    prompts = []
    for question, picture in zip(questions, pictures, strict=True):
        prompts.append(answerer.prompt(prompt(question), picture))
    answers = answerer.answers(prompts, answerer.settings.mmbench_tokens, "mmbench answers")
    records: list[dict[str, Any]] = []
    for question, answer in zip(questions, answers, strict=True):
        records.append({"index": question.index, "prediction": answer})
    add_likelihoods(records, answerer, questions, pictures)
    return records


def show_pictures(answerer: Answerer, questions: Sequence[Question]) -> list[int]:
    """Let the model see the pictures of these questions; return the position of each one's."""
    with made(MMBENCH):
        pictures_by_index = read_pictures(MMBENCH)
    # of each different picture
    position: dict[bytes, int] = {}
    pictures = []
    for question in questions:
        picture = pictures_by_index[question.index]
        pictures.append(position.setdefault(picture, len(position)))
    # rolled forms share their picture: its tokens are computed once
    answerer.see(list(position))
    return pictures


def add_likelihoods(
    records: list[dict[str, Any]],
    answerer: Answerer,
    questions: Sequence[Question],
    pictures: Sequence[int],
) -> None:
    """Add `option_logprob` to the records of base rows, in place.

    By letter it holds log-probability, tokens, and log-probability without the picture.
    """
    # position of the record, letter
    places = []
    options = []
    for position, (question, picture) in enumerate(zip(questions, pictures, strict=True)):
        if question.index != question.group:
            # a rolled form
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
        # without the picture: what the words alone make likely (evaluation.scoring takes it off)
        prior = priors[option.question, option.text]
        by_letter = records[position].setdefault("option_logprob", {})
        by_letter[letter] = [
            round(likelihood.log_probability, DECIMALS),
            likelihood.tokens,
            round(prior.log_probability, DECIMALS),
        ]
