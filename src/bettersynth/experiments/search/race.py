"""The last candidates race over seeds: those that are told worse than the best fall out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

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

    The leader's own are 0. `adjusted_p` is Holm's over the round.
    """

    measured: Measured
    difference: float
    low: float
    high: float
    adjusted_p: float
    falls_out: bool


def race_round(measured: Sequence[Measured], draw_seed: int = 0) -> list[Runner]:
    """Return the round of candidates that answered the same items on the same seeds, best first."""
    ordered = sorted(
        measured, key=lambda one: (-float(one.seen.mean()), one.asked.candidate.number)
    )
    leader, others = ordered[0], ordered[1:]
    tests = []
    for other in others:
        tests.append(paired_bootstrap(leader.seen, other.seen, draw_seed, draws=DRAWS))
    adjusted = holm([test.p for test in tests])
    can_tell = leader.seen.shape[0] >= FEWEST_SEEDS
    runners = [Runner(leader, 0.0, 0.0, 0.0, 1.0, False)]
    for other, test, p in zip(others, tests, adjusted, strict=True):
        runners.append(
            Runner(other, test.difference, test.low, test.high, p, can_tell and p < LEVEL)
        )
    return runners
