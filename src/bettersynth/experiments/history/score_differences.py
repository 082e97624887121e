"""Differences in score between experiments, tested over the same seeds and items."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import score_matrix
from bettersynth.evaluation.statistics.paired import PairedTest, holm, mcnemar, paired_bootstrap
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
    """Two runs' scores `[seeds, items]` by one protocol, and their paired test."""

    other: str
    benchmark: str
    protocol: str
    first: np.ndarray
    second: np.ndarray
    test: PairedTest


def score_differences(runs: Sequence[Run]) -> list[ScoreDifference]:
    """Return each other run's differences from the first.

    They are in MMBench's headline protocol, in likelihood less the prior where that is not the
    headline but its like, and in TextVQA.
    """
    headline = str(runs[0].score["mmbench_protocol"])
    kinds = [("mmbench", headline), ("textvqa", TEXT_PROTOCOL)]
    if headline == "likelihood":
        kinds.insert(1, ("mmbench", "likelihood_minus_prior"))
    compared = []
    for run in runs[1:]:
        for benchmark, protocol in kinds:
            first, second = paired_scores(runs[0], run, benchmark, protocol)
            test = paired_bootstrap(first, second)
            compared.append(_Compared(run.name, benchmark, protocol, first, second, test))
    # the whole table is one family: a reader looks for any difference in it
    adjusted = holm([row.test.p for row in compared])
    differences = []
    for row, adjusted_p in zip(compared, adjusted, strict=True):
        differences.append(_difference(row, adjusted_p))
    return differences


def _difference(row: _Compared, adjusted_p: float) -> ScoreDifference:
    only_first, only_second, significant = _right_in_one_alone(row.first, row.second)
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


def _right_in_one_alone(
    first: np.ndarray, second: np.ndarray
) -> tuple[int, int, int] | tuple[None, None, None]:
    """Return (right only in first, only in second, seeds that differ significantly).

    Both are `[seeds, items]`; None for scores that are not right or wrong.
    """
    right_or_wrong = (0, 1)
    if not np.isin([first, second], right_or_wrong).all():
        return None, None, None
    only_first = 0
    only_second = 0
    significant = 0
    for first_seed, second_seed in zip(first, second, strict=True):
        in_first, in_second, p = mcnemar(first_seed == 1, second_seed == 1)
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
    first_scores, first_names = _scores_of_seeds(first, seeds, benchmark, protocol)
    second_scores, second_names = _scores_of_seeds(second, seeds, benchmark, protocol)
    if first_names != second_names:
        raise UserError(
            f"{first.name} and {second.name} answered other {benchmark} questions; "
            "a paired test needs the same benchmark"
        )
    return first_scores, second_scores


def _scores_of_seeds(
    run: Run, seeds: Sequence[int], benchmark: str, protocol: str
) -> tuple[np.ndarray, list[str]]:
    of_seeds = np.isin(run.items["seed"].to_numpy(), seeds)
    return score_matrix(run.items.filter(of_seeds), benchmark, protocol)
