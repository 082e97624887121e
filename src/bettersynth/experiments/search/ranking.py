"""Which candidates are best, by one objective or several."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.experiments.search.candidates import Measured
from bettersynth.experiments.search.objectives import is_cost


def best_first(measured: Sequence[Measured], objectives: Sequence[str]) -> list[Measured]:
    """Return those that did not fail: those that fewest others beat in all objectives first.

    Equals stand by the first objective, then by number: the baseline before its equals.
    """
    finished = [one for one in measured if not one.failure]

    def key(one: Measured) -> tuple[int, float, int]:
        own = goods(one, objectives)
        better = [other for other in finished if dominates(goods(other, objectives), own)]
        return len(better), -own[0], one.asked.candidate.number

    return sorted(finished, key=key)


def front(measured: Sequence[Measured], objectives: Sequence[str]) -> list[Measured]:
    """Return those that no other beats in all objectives, best first."""
    ordered = best_first(measured, objectives)
    kept = []
    for one in ordered:
        own = goods(one, objectives)
        if not any(dominates(goods(other, objectives), own) for other in ordered):
            kept.append(one)
    return kept


def goods(measured: Measured, objectives: Sequence[str]) -> tuple[float, ...]:
    """Return the values turned so that more is better."""
    turned = []
    for objective, value in zip(objectives, measured.values, strict=True):
        turned.append(-value if is_cost(objective) else value)
    return tuple(turned)


def dominates(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether `first` is nowhere worse than `second`, and somewhere better."""
    pairs = list(zip(first, second, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)
