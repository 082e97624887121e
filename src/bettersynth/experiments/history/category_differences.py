"""Differences in score between experiments within each category of question."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.evaluation.statistics.paired import holm
from bettersynth.experiments.history.compared_runs import Run
from bettersynth.experiments.history.score_differences import ScoreDifference, one_difference

LEVELS = ("l2_category", "category")


@dataclasses.dataclass(frozen=True)
class CategoryDifference:
    """`other` minus the first run in one category, `questions` questions.

    Its p is adjusted over all categories of the comparison.
    """

    category: str
    questions: int
    difference: ScoreDifference


def category_differences(
    runs: Sequence[Run], spread: pa.Table | None = None
) -> list[CategoryDifference]:
    """Return each other run's differences from the first in its MMBench headline protocol and in
    TextVQA, by category; none where the questions have no categories. `spread` as in
    `score_differences`.
    """
    first, *others = runs
    kinds = [("mmbench", str(first.score["mmbench_protocol"])), ("textvqa", TEXT_PROTOCOL)]
    rows = []
    for benchmark, protocol in kinds:
        asked = first.items.filter(pc.equal(first.items["benchmark"], benchmark))
        for level in LEVELS:
            for category in sorted(set(asked[level].to_pylist()) - {"", None}):
                of_category = pc.equal(asked[level], category)
                questions = len(pc.unique(asked.filter(of_category)["item"]))
                reference = _within(first, level, category)
                for other in others:
                    second = _within(other, level, category)
                    found = one_difference(reference, second, benchmark, protocol, spread)
                    rows.append(CategoryDifference(category, questions, found))
    adjusted = holm([row.difference.p for row in rows])
    adjusted_rows = []
    for row, adjusted_p in zip(rows, adjusted, strict=True):
        difference = dataclasses.replace(row.difference, adjusted_p=adjusted_p)
        adjusted_rows.append(dataclasses.replace(row, difference=difference))
    return adjusted_rows


def _within(run: Run, level: str, category: str) -> Run:
    """Return the run as if it had been asked the questions of one category alone."""
    return dataclasses.replace(run, items=run.items.filter(pc.equal(run.items[level], category)))
