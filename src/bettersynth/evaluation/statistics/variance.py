"""Where a score's variation comes from (training seed, item, the rest), and the smallest difference
it lets one see.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy import optimize, stats

MOST_SEEDS = 200
STRICTNESS = 1.2
"""Comparisons multiply p by this and widen their intervals to match: then equal recipes are called
different in less than 5 % of the simulated cases in every setting, where the plain test ran from
3.8 to 5.4 (`benchmarks/interval_coverage.py`).
"""


@dataclasses.dataclass(frozen=True)
class Components:
    """Variances of one score in a crossed layout of seeds and items, in squared score units (scores
    run from 0 to 1).

    `seed` is between trainings, `item` between questions, `rest` what is left of a single answer:
    how a seed suits an item. Decoding is greedy, so it adds nothing of its own; with sampled
    decoding its share is in `rest`.
    """

    seed: float
    item: float
    rest: float
    seeds: int
    items: int

    def shares(self) -> dict[str, float]:
        """Return the parts of the mean's variance, adding up to 1 (all 0 when the score never
        varies).
        """
        parts = {
            "seed": self.seed / self.seeds,
            "item": self.item / self.items,
            "rest": self.rest / (self.seeds * self.items),
        }
        total = sum(parts.values())
        return {name: part / total if total else 0.0 for name, part in parts.items()}


def variance_components(scores: np.ndarray) -> Components:
    """Split the variance of `scores [seeds, items]` by the expected mean squares of a two-way
    layout without replicates.

    A negative estimate becomes 0. With one seed, `seed` and `rest` cannot be told from `item` and
    are 0.
    """
    seeds, items = scores.shape
    by_item = scores.mean(axis=0)
    item_square = seeds * float(by_item.var(ddof=1)) if items > 1 else 0.0
    if seeds == 1:
        return Components(0.0, item_square, 0.0, seeds, items)
    rest = rest_square(scores)
    seed_square = items * float(scores.mean(axis=1).var(ddof=1))
    return Components(
        max(0.0, (seed_square - rest) / items),
        max(0.0, (item_square - rest) / seeds),
        rest,
        seeds,
        items,
    )


def rest_square(scores: np.ndarray) -> float:
    """Return the mean square of what seed means and item means leave of `scores [seeds, items]`; 0
    with one of either.
    """
    seeds, items = scores.shape
    if seeds == 1 or items == 1:
        return 0.0
    seed_means = scores.mean(axis=1, keepdims=True)  # [seeds, 1]
    item_means = scores.mean(axis=0, keepdims=True)  # [1, items]
    # the interaction: what neither a good seed nor an easy item explains
    left = scores - seed_means - item_means + scores.mean()
    return float((left**2).sum() / ((seeds - 1) * (items - 1)))


def minimum_detectable_difference(
    components: Components, seeds: int, power: float = 0.8, level: float = 0.05
) -> float:
    """Return the difference between two experiments, each of `seeds` trainings on the same items,
    that `paired_bootstrap` finds at `level` with probability `power`. The items' own variance
    cancels, the seeds of the two count as independent.

    That test is Student's over the seeds, made stricter by `STRICTNESS`, so its power is the
    noncentral t's. Infinite for fewer than two seeds.
    """
    if seeds < 2:
        return math.inf
    # twice: both experiments bring their own seeds
    variance = 2 * components.seed / seeds + 2 * components.rest / (seeds * components.items)
    critical = float(stats.t.ppf(1 - level / STRICTNESS / 2, seeds - 1))

    def missing_power(delta: float) -> float:
        return float(stats.nct.sf(critical, seeds - 1, delta)) - power

    # in standard errors; the shift of a noncentral t has no closed form
    shift = optimize.brentq(missing_power, 0.1, critical + 20)
    return float(shift) * math.sqrt(variance)


def seeds_needed(
    components: Components, difference: float, power: float = 0.8, level: float = 0.05
) -> int | None:
    """Return the fewest seeds an experiment with which `difference` is found with `power`.

    None above `MOST_SEEDS`.
    """
    if minimum_detectable_difference(components, MOST_SEEDS, power, level) > difference:
        return None
    too_few = 1
    enough = MOST_SEEDS
    while enough - too_few > 1:
        # more seeds never see less, so halving finds the fewest
        middle = (too_few + enough) // 2
        if minimum_detectable_difference(components, middle, power, level) <= difference:
            enough = middle
        else:
            too_few = middle
    return enough


def detectable(components: Components) -> str:
    """Return in words what the seeds at hand can show.

    That is the smallest difference, how many seeds a point takes, and where the uncertainty comes
    from.
    """
    points = 100 * minimum_detectable_difference(components, components.seeds)
    needed = seeds_needed(components, 0.01)
    more = f"for 1 point run {needed}" if needed else f"1 point takes more than {MOST_SEEDS}"
    shares = {name: f"{100 * share:.0f} %" for name, share in components.shares().items()}
    sources = (
        f"{shares['seed']} training seed, {shares['item']} item, "
        f"{shares['rest']} both together, 0 % decoding (greedy)"
    )
    seen = f"you can see {points:.1f} points" if points < 100 else "no difference can be seen"
    return f"with {components.seeds} seeds {seen}, {more}; the uncertainty is {sources}"
