"""What can be said of a winner: from items that the search never saw, on fresh seeds."""

from __future__ import annotations

import dataclasses

import numpy as np

from bettersynth.evaluation.statistics.intervals import (
    Interval,
    combined_interval,
    score_interval,
)
from bettersynth.evaluation.statistics.paired import holm, paired_bootstrap
from bettersynth.experiments.search.candidates import Measured

LEVEL = 0.05


@dataclasses.dataclass(frozen=True)
class Contest:
    """The winner less an `opponent` on the unseen half; p and Holm's p over all contests."""

    opponent: str
    difference: float
    low: float
    high: float
    p: float
    adjusted_p: float

    @property
    def is_told(self) -> bool:
        """Whether a difference is shown."""
        return self.adjusted_p < LEVEL


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`scores` by arm (winner, baseline, random control) on the unseen half, with intervals.

    `seen_gain` is how much better than the baseline the search saw its winner, `unseen_gain` the
    same on fresh seeds and unseen items; their difference is how optimistic the search was. Both
    are 0 where the baseline won; `unseen_gain` is None where its fresh training failed.
    """

    scores: dict[str, Interval]
    contests: list[Contest]
    seen_gain: float
    unseen_gain: float | None

    @property
    def optimism(self) -> float | None:
        """How much too high the search saw its winner's gain; None where that was not measured."""
        return None if self.unseen_gain is None else self.seen_gain - self.unseen_gain


def judge(
    winner: Measured,
    control: Measured,
    baseline: Measured | None,
    seen_winner: np.ndarray,
    seen_baseline: np.ndarray,
    is_ratio: bool = False,
) -> Verdict:
    """Return the verdict; `baseline` is None where it won itself.

    The first three answered the unseen half on fresh seeds. `seen_*` `[seeds, pictures]` is what
    the search chose by. `is_ratio` says that scores are ratios to a baseline, and no shares.
    """
    arms = {"winner": winner, "random control": control}
    if baseline is not None:
        arms["baseline"] = baseline
    opponents = [name for name in ("baseline", "random control") if name in arms]
    opponents = [name for name in opponents if not arms[name].failure]
    tests = []
    for name in opponents:
        tests.append(paired_bootstrap(arms[name].unseen, winner.unseen))
    adjusted = holm([test.p for test in tests])
    contests = []
    for name, test, p in zip(opponents, tests, adjusted, strict=True):
        contests.append(Contest(name, test.difference, test.low, test.high, test.p, p))
    scores = {}
    for name, arm in arms.items():
        if not arm.failure:
            scores[name] = interval_of(arm.unseen, is_ratio)
    unseen_gain: float | None = 0.0
    if baseline is not None:
        unseen_gain = None
        if not baseline.failure:
            unseen_gain = float(winner.unseen.mean() - baseline.unseen.mean())
    seen_gain = float(seen_winner.mean() - seen_baseline.mean())
    return Verdict(scores, contests, seen_gain, unseen_gain)


def interval_of(scores: np.ndarray, is_ratio: bool) -> Interval:
    """Return the interval of the mean of `scores [seeds, pictures]`: shares, or ratios."""
    # a ratio may pass 1, which a share's interval never does
    return combined_interval([(scores, 1.0)]) if is_ratio else score_interval(scores)
