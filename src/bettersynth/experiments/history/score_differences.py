"""Differences in score between experiments, tested over the same seeds and items."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import (
    has_reading,
    item_pictures,
    same_questions,
    score_matrix,
)
from bettersynth.evaluation.scoring.lent_spread import lent, require_same_text
from bettersynth.evaluation.statistics.paired import PairedTest, holm, mcnemar, paired_bootstrap
from bettersynth.evaluation.statistics.pictures import by_picture
from bettersynth.experiments.history.compared_runs import Run

SIGNIFICANT = 0.05


@dataclasses.dataclass(frozen=True)
class ScoreDifference:
    """`other` minus `reference` in points, with interval and p-values.

    `adjusted_p` is p adjusted over the whole table. `only_reference` and `only_other` count answers
    right in one alone, over all seeds; `significant_seeds` of `seeds` pairs of trained models
    differ by McNemar's test at 5 %. They are None for scores that are not right or wrong.
    """

    benchmark: str
    protocol: str
    other: str
    reference_score: float
    other_score: float
    difference: float
    low: float
    high: float
    p: float
    adjusted_p: float
    seeds: int
    only_reference: int | None
    only_other: int | None
    significant_seeds: int | None


@dataclasses.dataclass(frozen=True)
class _Compared:
    """Two runs' scores `[seeds, items]` by one protocol, and their paired test over pictures."""

    other: str
    benchmark: str
    protocol: str
    first: np.ndarray
    second: np.ndarray
    pictures: list[str]
    test: PairedTest


def score_differences(runs: Sequence[Run], spread: pa.Table | None = None) -> list[ScoreDifference]:
    """Return each other run's differences from the first.

    With one seed in common `spread`, the items of an experiment with several, lends its spread.

    They are in MMBench's headline protocol, in likelihood less the prior where that is not the
    headline but its like, and in TextVQA.

    Raises:
        UserError: as `paired_scores` and `require_same_text`.
    """
    require_same_text(spread, has_reading(runs[0].items))
    headline = str(runs[0].score["mmbench_protocol"])
    kinds = [("mmbench", headline), ("textvqa", TEXT_PROTOCOL)]
    if headline == "likelihood":
        kinds.insert(1, ("mmbench", "likelihood_minus_prior"))
    compared = []
    for run in runs[1:]:
        for benchmark, protocol in kinds:
            spread_of = lent(spread, benchmark, protocol)
            compared.append(_compared(runs[0], run, benchmark, protocol, spread_of))
    # the whole table is one family: a reader looks for any difference in it
    adjusted = holm([row.test.p for row in compared])
    differences = []
    for row, adjusted_p in zip(compared, adjusted, strict=True):
        differences.append(_difference(row, adjusted_p))
    return differences


def one_difference(
    reference: Run, other: Run, benchmark: str, protocol: str, spread: pa.Table | None = None
) -> ScoreDifference:
    """Return one difference, a family of its own; `spread` as in `score_differences`.

    Raises:
        UserError: as `paired_scores`.
    """
    spread_of = lent(spread, benchmark, protocol)
    compared = _compared(reference, other, benchmark, protocol, spread_of)
    return _difference(compared, compared.test.p)


def _compared(
    reference: Run, other: Run, benchmark: str, protocol: str, spread_of: np.ndarray | None
) -> _Compared:
    first, second = paired_scores(reference, other, benchmark, protocol)
    pictures = item_pictures(reference.items, benchmark, protocol)
    test = paired_bootstrap(
        by_picture(first, pictures), by_picture(second, pictures), spread_of=spread_of
    )
    return _Compared(other.name, benchmark, protocol, first, second, pictures, test)


def _difference(row: _Compared, adjusted_p: float) -> ScoreDifference:
    only_first, only_second, significant = _right_in_one_alone(row)
    return ScoreDifference(
        benchmark=row.benchmark,
        protocol=row.protocol,
        other=row.other,
        reference_score=float(100 * row.first.mean()),
        other_score=float(100 * row.second.mean()),
        difference=float(100 * row.test.difference),
        low=float(100 * row.test.low),
        high=float(100 * row.test.high),
        p=row.test.p,
        adjusted_p=adjusted_p,
        seeds=len(row.first),
        only_reference=only_first,
        only_other=only_second,
        significant_seeds=significant,
    )


def _right_in_one_alone(row: _Compared) -> tuple[int, int, int] | tuple[None, None, None]:
    """Return (right only in first, right only in second, seeds that differ significantly).

    None for scores that are not right or wrong.
    """
    right_or_wrong = (0, 1)
    if not np.isin([row.first, row.second], right_or_wrong).all():
        return None, None, None
    only_first = 0
    only_second = 0
    significant = 0
    for first_seed, second_seed in zip(row.first, row.second, strict=True):
        in_first, in_second, p = mcnemar(first_seed == 1, second_seed == 1, row.pictures)
        only_first += in_first
        only_second += in_second
        significant += p < SIGNIFICANT
    return only_first, only_second, significant


def paired_scores(
    first: Run, second: Run, benchmark: str, protocol: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return both runs' scores `[seeds, items]` for the seeds that both have.

    Raises:
        UserError: other questions, or no seed in common.
    """
    first_seeds = set(first.items["seed"].to_pylist())
    second_seeds = set(second.items["seed"].to_pylist())
    seeds = sorted(first_seeds & second_seeds)
    if not seeds:
        raise UserError(
            f"{first.name} and {second.name} have no training seed in common; "
            "run both with the same seeds"
        )
    if not same_questions(first.items, second.items, benchmark):
        raise UserError(
            f"{first.name} and {second.name} answered other {benchmark} questions; "
            "a paired test needs the same benchmark"
        )
    first_scores = _scores_of_seeds(first, seeds, benchmark, protocol)
    return first_scores, _scores_of_seeds(second, seeds, benchmark, protocol)


def _scores_of_seeds(run: Run, seeds: Sequence[int], benchmark: str, protocol: str) -> np.ndarray:
    of_seeds = np.isin(run.items["seed"].to_numpy(), seeds)
    scores, _ = score_matrix(run.items.filter(of_seeds), benchmark, protocol)
    return scores
