"""Dealing out a number of questions to kinds in given proportions."""

from __future__ import annotations

from collections.abc import Mapping

from bettersynth.errors import UserError


def share_out(shares: Mapping[str, float], count: int, where: str) -> list[str]:
    """Return `count` keys of `shares` in its proportions and its order, not shuffled.

    Raises:
        UserError: as `shared_counts`.
    """
    dealt: list[str] = []
    for kind, number in shared_counts(shares, count, where).items():
        dealt += [kind] * number
    return dealt


def shared_counts(shares: Mapping[str, float], count: int, where: str) -> dict[str, int]:
    """Return how many of `count` each key of `shares` gets, in its order.

    Remainders go to the largest fractions.

    Raises:
        UserError: a share is negative, or they add up to nothing.
    """
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise UserError(
            f"{where} must hold shares of 0 or more, one of them above 0; found {dict(shares)}"
        )
    exact = {kind: count * share / total for kind, share in shares.items()}
    counts = {kind: int(number) for kind, number in exact.items()}
    places = {kind: place for place, kind in enumerate(shares)}
    # the largest fraction first; of equal ones the first named
    by_fraction = sorted(exact, key=lambda kind: (counts[kind] - exact[kind], places[kind]))
    for kind in by_fraction[: count - sum(counts.values())]:
        counts[kind] += 1
    return counts
