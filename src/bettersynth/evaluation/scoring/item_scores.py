"""From answers to one row a benchmark, seed and item, with its score by every protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.tables.items import (
    EXTRACTIONS,
    NORMALISERS,
    PROBABILITY,
    TEXT_PROTOCOL,
    WITHOUT_PICTURE,
    completed,
    harness_column,
)
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import L2_ABBREVIATIONS, Question, base_questions
from bettersynth.evaluation.benchmarks.mmbench_accuracy import (
    circular_hits,
    likelihood_choice,
    prior_choice,
    right_probability,
    right_rows,
)
from bettersynth.evaluation.benchmarks.textvqa import Key
from bettersynth.evaluation.benchmarks.textvqa_answers import soft_accuracy
from bettersynth.evaluation.benchmarks.textvqa_parts import HEADLINE, READING, text_parts
from bettersynth.evaluation.scoring.asked_questions import WORDS
from bettersynth.evaluation.scoring.choice_predictions import ChoicePredictions
from bettersynth.evaluation.statistics.pictures import by_picture


def choice_items(
    seed: int,
    questions: Sequence[Question],
    predictions: ChoicePredictions,
    extraction: str,
    pictures: Mapping[int, str] | None = None,
) -> list[dict[str, object]]:
    """Return the item rows of one seed's MMBench predictions, in order of index.

    `extraction` names the rules behind the columns `circular` and `vanilla`; `pictures` by base
    index what questions on one picture share, by default none do.
    """
    pictures = pictures or {}
    rows_of_group = Counter(question.group for question in questions)
    scores = _generated_scores(questions, predictions.text, extraction)
    rows: list[dict[str, object]] = []
    for place, question in enumerate(base_questions(questions)):
        listed = "\n".join(question.options.values())
        options = predictions.option_logprob[question.index]
        likeliest = likelihood_choice(options)
        without_prior = likelihood_choice(options, minus_prior=True)
        without_picture = prior_choice(options)
        row: dict[str, object] = {
            "benchmark": "mmbench",
            "seed": seed,
            "item": str(question.index),
            "picture": pictures.get(question.index, str(question.index)),
            "category": question.category,
            "l2_category": L2_ABBREVIATIONS.get(question.l2_category, question.l2_category),
            "question": question.question,
            "answer": question.options[question.answer],
            "prediction": predictions.text[question.index],
            "likeliest": question.options[likeliest],
            "rows": rows_of_group[question.index],
            "chance": 1 / len(question.options),
            "options": sha256_of_bytes(listed.encode())[:16],
            "likelihood": float(likeliest == question.answer),
            "likelihood_minus_prior": float(without_prior == question.answer),
            # rounded: processors differ in the last bits of an exponential
            PROBABILITY: round(right_probability(options, question.answer), 6),
            WITHOUT_PICTURE: float(without_picture == question.answer),
        }
        for column, column_scores in scores.items():
            row[column] = float(column_scores[place])
        rows.append(row)
    return rows


def _generated_scores(
    questions: Sequence[Question], text: Mapping[int, str], extraction: str
) -> dict[str, np.ndarray]:
    """Return `[base questions]` scores of the generated answers, by column."""
    scores = {"strict": circular_hits(questions, right_rows(questions, text, "strict"))}
    for harness in EXTRACTIONS:
        right = right_rows(questions, text, harness)
        circular = circular_hits(questions, right)
        vanilla = _share_right(questions, right)
        scores[harness_column("circular", harness)] = circular
        scores[harness_column("vanilla", harness)] = vanilla
        # the settings' choice stands twice: under its own name and as the headline's
        if harness == extraction:
            scores["circular"] = circular
            scores["vanilla"] = vanilla
    return scores


def _share_right(questions: Sequence[Question], right: np.ndarray) -> np.ndarray:
    """Return float `[base questions]`: the share of each question's rolled rows that are right."""
    hits_of_group: dict[int, list[bool]] = {}
    for question, hit in zip(questions, right, strict=True):
        hits_of_group.setdefault(question.group, []).append(bool(hit))
    base = base_questions(questions)
    return np.array([np.mean(hits_of_group[question.index]) for question in base])


def text_items(
    seed: int,
    annotations: Mapping[Key, Sequence[str]],
    kinds: Mapping[Key, str],
    predictions: Mapping[Key, str],
    protocol: str,
) -> list[dict[str, object]]:
    """Return the item rows of one seed's TextVQA predictions, in the annotations' order.

    `answer` is the most given one; `kinds` are the question kinds of our own boards.
    """
    rows: list[dict[str, object]] = []
    for key, answers in annotations.items():
        said = predictions[key]
        row: dict[str, object] = {
            "benchmark": "textvqa",
            "seed": seed,
            "item": " ".join(key),
            "picture": key[0],
            "category": kinds.get(key, ""),
            "l2_category": "",
            "question": key[1],
            # of equally frequent ones the first
            "answer": max(answers, key=list(answers).count),
            "prediction": said,
            "rows": 1,
            TEXT_PROTOCOL: soft_accuracy(said, answers, protocol),
        }
        for harness in NORMALISERS:
            row[harness_column(TEXT_PROTOCOL, harness)] = soft_accuracy(said, answers, harness)
        rows.append(row)
    return rows


def scores_of_rows(items: pa.Table) -> list[str]:
    """Return for each row the score that it counts to: "mmbench", or one of `text_parts`."""
    benchmarks = items["benchmark"].to_pylist()
    categories = items["category"].to_pylist()
    asked = [place for place, benchmark in enumerate(benchmarks) if benchmark == "textvqa"]
    parts = text_parts([categories[place] for place in asked])
    for place, part in zip(asked, parts, strict=True):
        benchmarks[place] = part
    return benchmarks


def has_reading(items: pa.Table) -> bool:
    """Whether some of TextVQA's questions count to reading alone."""
    return READING in scores_of_rows(items)


def require_same_items(items: pa.Table, where: str) -> None:
    """Require answers to both benchmarks, of each seed to the same items; `where` they are.

    Raises:
        UserError: it is not so.
    """
    for part in dict.fromkeys(("mmbench", HEADLINE, *scores_of_rows(items))):
        try:
            _matrix(items, part, TEXT_PROTOCOL)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None


def score_matrix(items: pa.Table, benchmark: str, protocol: str) -> tuple[np.ndarray, list[str]]:
    """Return (`scores [seeds, items]`, item names) of one benchmark and protocol.

    `benchmark` is "mmbench", "textvqa" (the headline's questions) or "textvqa_reading" (the others,
    where there are any). Rows of each seed stand in the same order. For `vanilla`, where every
    rolled row counts, an item's share is scaled by its rows, so that the plain mean is the score.

    Raises:
        UserError: there are none, or the seeds do not answer the same items.
    """
    scores, of_item = _matrix(items, benchmark, protocol)
    if protocol.startswith("vanilla"):
        rows = of_item["rows"].to_numpy(dtype=float)
        # else a question with two options would weigh as much as one with four
        scores = scores * rows / rows.mean()
    return scores, of_item["item"].tolist()


def picture_scores(items: pa.Table, benchmark: str, protocol: str) -> np.ndarray:
    """Return `[seeds, pictures]`, what intervals and tests resample; its means are the scores.

    Questions on one picture stand together, and so do a question's rolled rows.

    Raises:
        UserError: there are none, or the seeds do not answer the same items.
    """
    scores, of_item = _matrix(items, benchmark, protocol)
    weights = None
    if protocol.startswith("vanilla"):
        weights = of_item["rows"].to_numpy(dtype=float)
    return by_picture(scores, of_item["picture"].tolist(), weights)


def item_pictures(items: pa.Table, benchmark: str, protocol: str) -> list[str]:
    """Return the picture of each item, in the order of `score_matrix`."""
    _, of_item = _matrix(items, benchmark, protocol)
    return of_item["picture"].tolist()


def same_questions(first: pa.Table, second: pa.Table, benchmark: str) -> bool:
    """Return whether two runs' items of a benchmark ask the same, item by item.

    Names alone do not say it: drawn MMBench counts its questions, whatever they are. What an older
    table does not hold is not compared.

    Raises:
        UserError: as `score_matrix`.
    """
    _, of_first = _matrix(first, benchmark, TEXT_PROTOCOL, WORDS)
    _, of_second = _matrix(second, benchmark, TEXT_PROTOCOL, WORDS)
    if of_first["item"].tolist() != of_second["item"].tolist():
        return False
    for column in ("rows", *WORDS):
        one, other = of_first[column].to_numpy(), of_second[column].to_numpy()
        known = pd.notna(one) & pd.notna(other)
        if (one[known] != other[known]).any():
            return False
    return True


def _matrix(
    items: pa.Table, benchmark: str, protocol: str, also: Sequence[str] = ()
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return `scores [seeds, items]` and what is known of the items whatever the seed, the columns
    `also` among it.
    """
    columns = ["seed", "item", "picture", "rows", protocol, *also]
    frame = completed(items).select(columns).to_pandas()
    # of no rows the list is empty, which without `loc` would choose columns
    frame = frame.loc[[name == benchmark for name in scores_of_rows(items)]]
    by_seed = [frame[frame["seed"] == seed] for seed in sorted(frame["seed"].unique())]
    if not by_seed:
        raise UserError(f"there is no answer to {benchmark}; run the score step again")
    names = by_seed[0]["item"].tolist()
    if any(of_seed["item"].tolist() != names for of_seed in by_seed):
        raise UserError(
            f"the seeds of {benchmark} do not answer the same items; run the score step again"
        )
    scores = np.stack([of_seed[protocol].to_numpy(dtype=float) for of_seed in by_seed])
    # an item that names no picture has one of its own
    of_item = by_seed[0].assign(picture=by_seed[0]["picture"].fillna(by_seed[0]["item"]))
    return scores, of_item
