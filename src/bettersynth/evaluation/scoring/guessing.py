"""How a score stands to what guessing gets."""

from __future__ import annotations


def chance_name(protocol: str) -> str:
    """Return which chance level of the benchmark's baselines belongs to an MMBench protocol."""
    same_as = {
        "likelihood_minus_prior": "likelihood",
        # options that are equally likely
        "probability": "likelihood",
        # it asks for every rolled form, as circular does
        "strict": "circular",
    }
    return same_as.get(protocol, protocol)


def verdict(low: float, high: float, guess: float) -> str:
    """Return how a score's interval stands to what guessing gets.

    It is "beats", "does not beat" or "is not told from".
    """
    if low > guess:
        return "beats"
    return "does not beat" if high < guess else "is not told from"
