"""The last candidates race over seeds: those that are told worse than the best fall out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from bettersynth.evaluation.statistics.paired import holm, paired_bootstrap
from bettersynth.experiments.search.candidates import Measured

LEVEL = 0.05
# the tests of a race choose, and claim nothing: fewer draws do
DRAWS = 1000
# with one seed a test knows nothing of how another training would come out
FEWEST_SEEDS = 2


@dataclasses.dataclass(frozen=True)
class Runner:
    """One candidate in one round: its score less the leader's on the seen half, with interval.

    The leader's own are 0. `adjusted_p` is Holm's over the round. `expected` is what all that was
    measured lets one expect of its score; None where it leads by its own score.
    """

    measured: Measured
    difference: float
    low: float
    high: float
    adjusted_p: float
    falls_out: bool
    expected: float | None = None


def race_round(
    measured: Sequence[Measured],
    draw_seed: int = 0,
    expected: Mapping[int, float] | None = None,
) -> list[Runner]:
    """Return the round of candidates that answered the same items, best first.

    With the scores that are `expected` by candidates' numbers these decide who is best. Tested are
    the seeds that all have.
    """

    def key(one: Measured) -> tuple[float, int]:
        number = one.asked.candidate.number
        return -(float(one.seen.mean()) if expected is None else expected[number]), number

    ordered = sorted(measured, key=key)
    leader, others = ordered[0], ordered[1:]
    shared = min(one.seen.shape[0] for one in ordered)
    tests = []
    for other in others:
        seeds = leader.seen[:shared], other.seen[:shared]
        tests.append(paired_bootstrap(*seeds, draw_seed, draws=DRAWS))
    adjusted = holm([test.p for test in tests])
    can_tell = shared >= FEWEST_SEEDS
    runners = [Runner(leader, 0.0, 0.0, 0.0, 1.0, False)]
    for other, test, p in zip(others, tests, adjusted, strict=True):
        falls_out = can_tell and p < LEVEL and test.difference < 0
        runners.append(Runner(other, test.difference, test.low, test.high, p, falls_out))
    if expected is None:
        return runners
    told = []
    for one in runners:
        number = one.measured.asked.candidate.number
        told.append(dataclasses.replace(one, expected=expected[number]))
    return told
