"""The arms of a study: parts of one pool, each trained on as a trial, and compared in pairs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from bettersynth.data.tables.items import PROBABILITY
from bettersynth.evaluation.scoring.halves import Half, items_of_half
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.evaluation.statistics.intervals import Interval, score_interval
from bettersynth.evaluation.statistics.paired import holm
from bettersynth.experiments.history.compared_runs import Run
from bettersynth.experiments.history.score_differences import (
    SIGNIFICANT,
    ScoreDifference,
    one_difference,
)

BENCHMARK = "mmbench"
# It moves less between trainings than the headline does, so that fewer seeds tell arms apart.
PROTOCOL = PROBABILITY


@dataclasses.dataclass(frozen=True)
class Arm:
    """One recipe of a study; `words` name it on the page.

    `visits` of stage 1 and `seeds` are the study's where they are None.
    """

    name: str
    words: str
    recipe: list[dict[str, Any]]
    visits: int | None = None
    seeds: tuple[int, ...] | None = None


@dataclasses.dataclass(frozen=True)
class ArmResult:
    """How an arm ended: `run` is None where it failed, and `failure` says why."""

    arm: Arm
    run: Run | None
    failure: str
    cpu_seconds: float

    def score(self, half: Half) -> Interval | None:
        """Return MMBench's probability of the right option on one half, in 0 to 1; None of an arm
        that failed.
        """
        return None if self.run is None else _interval(self.run, half, PROTOCOL)

    def headline(self, half: Half) -> Interval | None:
        """Return the same by the headline's protocol, by which nothing is compared."""
        if self.run is None:
            return None
        return _interval(self.run, half, str(self.run.score["mmbench_protocol"]))


def _interval(run: Run, half: Half, protocol: str) -> Interval:
    return score_interval(picture_scores(items_of_half(run.items, half), BENCHMARK, protocol))


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two arms to compare, `arm` against `control`, and what that tells `about` what.

    `cost` is the CPU seconds that measuring takes for a rule; None where that is not known, or not
    asked.
    """

    arm: str
    control: str
    about: str
    question: str
    cost: float | None = None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A pair's difference on the unseen half, in points, with p after Holm over the whole study.

    `difference` is None where an arm failed.
    """

    pair: Pair
    difference: ScoreDifference | None
    adjusted_p: float

    @property
    def is_told(self) -> bool:
        """Whether the difference is more than chance at 5 %."""
        return self.difference is not None and self.adjusted_p < SIGNIFICANT


def compare_pairs(
    results: Mapping[str, ArmResult], pairs: Sequence[Pair], spread: pa.Table | None = None
) -> list[Comparison]:
    """Return every pair's difference in MMBench's probability on the unseen half; all pairs are one
    family.

    To one seed `spread`, the items of an experiment with several, lends its spread.

    Raises:
        UserError: two arms answered other questions.
    """
    unseen_spread = None if spread is None else items_of_half(spread, "unseen")
    differences = []
    for pair in pairs:
        control, arm = results[pair.control], results[pair.arm]
        differences.append(_difference(control, arm, unseen_spread))
    tested = [difference for difference in differences if difference is not None]
    adjusted = iter(holm([difference.p for difference in tested]))
    comparisons = []
    for pair, difference in zip(pairs, differences, strict=True):
        p = 1.0 if difference is None else next(adjusted)
        comparisons.append(Comparison(pair, difference, p))
    return comparisons


def _difference(
    control: ArmResult, arm: ArmResult, spread: pa.Table | None
) -> ScoreDifference | None:
    if control.run is None or arm.run is None:
        return None
    return one_difference(_unseen(control.run), _unseen(arm.run), BENCHMARK, PROTOCOL, spread)


def _unseen(run: Run) -> Run:
    return dataclasses.replace(run, items=items_of_half(run.items, "unseen"))


def seen_score(result: ArmResult) -> float | None:
    """Return what `ArmResult.score` says of the seen half; None where the arm failed."""
    score = result.score("seen")
    return None if score is None else score.mean
