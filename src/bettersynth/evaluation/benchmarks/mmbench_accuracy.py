"""MMBench's accuracies: circular, vanilla, by category, by likelihood; what guessing gets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import L2_ABBREVIATIONS, Question, base_questions
from bettersynth.evaluation.benchmarks.mmbench_letters import extract


def right_rows(
    questions: Sequence[Question], predictions: Mapping[int, str], protocol: str
) -> np.ndarray:
    """Return bool `[questions]`: the letter that `protocol` extracts is the answer.

    Raises:
        UserError: unknown protocol, or a question without prediction.
    """
    lacking = [question.index for question in questions if question.index not in predictions]
    if lacking:
        raise UserError(
            f"{len(lacking)} of {len(questions)} MMBench rows have no prediction "
            f"(the first: index {lacking[0]})"
        )
    right = []
    for question in questions:
        letter = extract(predictions[question.index], question.options, protocol)
        right.append(letter == question.answer)
    return np.array(right, dtype=bool)


def circular_hits(questions: Sequence[Question], right: np.ndarray) -> np.ndarray:
    """Return bool `[groups]` in the order of `base_questions`: every row of the group is right.

    `right` is bool `[questions]`.
    """
    all_right: dict[int, bool] = {}
    for question, hit in zip(questions, right, strict=True):
        # a wrong form anywhere makes the question wrong, which is what circular means
        all_right[question.group] = all_right.get(question.group, True) and bool(hit)
    base = base_questions(questions)
    return np.array([all_right[question.index] for question in base], dtype=bool)


def accuracy_table(
    questions: Sequence[Question], hits: np.ndarray
) -> dict[str, dict[str, float | None]]:
    """Return accuracy in [0, 1] by split: `Overall`, each l2-category (abbreviated), each category.

    `hits` is `[questions]`. Each number is the plain mean over its rows, never a mean of
    categories; a category that a split lacks is None.
    """
    abilities = [question.l2_category for question in questions]
    frame = pd.DataFrame(
        {
            "split": [question.split for question in questions],
            "l2": [L2_ABBREVIATIONS.get(ability, ability) for ability in abilities],
            "category": [question.category for question in questions],
            "hit": np.asarray(hits, dtype=float),
        }
    )
    names = {level: sorted(frame[level].unique()) for level in ("l2", "category")}
    table: dict[str, dict[str, float | None]] = {}
    for split in sorted(frame["split"].unique()):
        rows = frame[frame["split"] == split]
        table[split] = {"Overall": float(rows["hit"].mean())}
        for level in ("l2", "category"):
            means = rows.groupby(level)["hit"].mean()
            for name in filter(None, names[level]):
                table[split][name] = float(means[name]) if name in means else None
    return table


def likelihood_choice(
    option_logprob: Mapping[str, Sequence[float]], minus_prior: bool = False
) -> str:
    """Return the letter with the highest mean log-probability a token.

    Each value is `[sum, tokens, prior_sum]`: the log-probability of the option's text and end token
    after the question, its number of tokens, and its log-probability without the picture, which
    `minus_prior` first subtracts. Equal options: the first letter.
    """
    scores: dict[str, float] = {}
    for letter, (total, tokens, prior) in option_logprob.items():
        taken_off = prior if minus_prior else 0.0
        # a token: else the option with the fewest words would win
        scores[letter] = (total - taken_off) / tokens
    # sorted: of equal options the first letter, whatever order the file lists them in
    return max(sorted(scores), key=lambda letter: scores[letter])


def right_probability(option_logprob: Mapping[str, Sequence[float]], answer: str) -> float:
    """Return the probability of the option `answer` among all options, in [0, 1].

    Options are weighed by their mean log-probability a token, as `likelihood_choice` takes it. It
    tells recipes apart where as many questions are right: a training moves it by less.
    Source: DataDecide (arXiv 2504.11393), where such measures foretell at small sizes which data
    is better at a large one.
    """
    means = {letter: total / tokens for letter, (total, tokens, _) in option_logprob.items()}
    most = max(means.values())
    weights = {letter: math.exp(mean - most) for letter, mean in means.items()}
    return weights[answer] / sum(weights.values())


def prior_choice(option_logprob: Mapping[str, Sequence[float]]) -> str:
    """Return the letter that is likeliest a token when the model is not shown the picture.

    Equal options: the first letter.
    """
    priors = {letter: prior / tokens for letter, (_, tokens, prior) in option_logprob.items()}
    return max(sorted(priors), key=lambda letter: priors[letter])


def likelihood_hits(
    base: Sequence[Question],
    option_logprob: Mapping[int, Mapping[str, Sequence[float]]],
    minus_prior: bool,
) -> np.ndarray:
    """Return bool `[base questions]`: the likeliest option is the answer.

    `option_logprob` holds by index what `likelihood_choice` takes.
    """
    hits = []
    for question in base:
        choice = likelihood_choice(option_logprob[question.index], minus_prior)
        hits.append(choice == question.answer)
    return np.array(hits, dtype=bool)


def chance_levels(questions: Sequence[Question]) -> dict[str, float]:
    """Return the expected accuracy of guessing evenly, by protocol.

    `likelihood`: over the base rows. `vanilla`: over all rows. `circular`: all rows of a group
    right, which is also `strict`'s.
    """
    groups: dict[int, list[float]] = {}
    for question in questions:
        groups.setdefault(question.group, []).append(1 / len(question.options))
    base = [1 / len(question.options) for question in base_questions(questions)]
    # every rolled form counts for itself here, so questions with more options weigh more
    rows: list[float] = []
    for levels in groups.values():
        rows += levels
    # a guess must hit in every form: four options ask for four hits in a row
    all_forms = [math.prod(levels) for levels in groups.values()]
    return {
        "likelihood": float(np.mean(base)),
        "vanilla": float(np.mean(rows)),
        "circular": float(np.mean(all_forms)),
    }
