"""Parts of a pool as recipes: thirds by a stat, thirds of thirds, and what they are compared with.

A recipe's line ranks what the lines before it left. So a third of a third is a ninth of the pool,
however the two stats go together, and every arm of a kind has one size (but for one sample).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from bettersynth.experiments.studies.arms import Arm, Pair

ENDS = ("low", "middle", "high")
RANDOM_THIRD = "random-1"
SEED = 42


def third(stat: str, end: str) -> dict[str, Any]:
    """Return the line of a recipe that keeps one third by the rank of a stat."""
    place = ENDS.index(end)
    bounds = {"lower_percentile": place / 3, "upper_percentile": (place + 1) / 3}
    field = f"__dj__stats__.{stat}"
    return {"range_specified_field_selector": {"field_key": field, **bounds}}


def random_share(share: float) -> dict[str, Any]:
    """Return the line of a recipe that keeps a share of the samples, drawn at random."""
    return {"random_selector": {"select_ratio": share, "seed": SEED}}


def third_name(stat: str, end: str) -> str:
    """Return the arm's name of a third."""
    return f"{stat}-{end}"


def single_arms(stats: Sequence[str]) -> list[Arm]:
    """Return a random third and the three thirds of each stat."""
    arms = [Arm(RANDOM_THIRD, "a random third", [random_share(1 / 3)])]
    for stat in stats:
        for end in ENDS:
            words = f"the {end} third of {stat}"
            arms.append(Arm(third_name(stat, end), words, [third(stat, end)]))
    return arms


def single_pairs(stats: Sequence[str]) -> list[Pair]:
    """Return what the thirds are asked: each beside a random third, and high beside low."""
    pairs = []
    for stat in stats:
        for end in ENDS:
            question = f"the {end} third of {stat} beside a random third"
            pairs.append(Pair(third_name(stat, end), RANDOM_THIRD, question))
        high, low = third_name(stat, "high"), third_name(stat, "low")
        pairs.append(Pair(high, low, f"the high third of {stat} beside its low third"))
    return pairs


def combined_arms(best: Sequence[tuple[str, str]]) -> tuple[list[Arm], list[Pair]]:
    """Return all combinations of thirds `best` (stat, end), the best first, and their questions.

    Each is compared with as many random samples, and with the best third alone.
    """
    arms = []
    pairs = []
    alone = third_name(*best[0]) if best else ""
    for depth in range(2, len(best) + 1):
        control = f"random-{depth}"
        arms.append(
            Arm(control, f"{3**depth} times fewer samples, random", [random_share(1 / 3**depth)])
        )
        for chosen in itertools.combinations(best, depth):
            name = "-of-".join(third_name(stat, end) for stat, end in reversed(chosen))
            words = " of ".join(f"the {end} third by {stat}" for stat, end in reversed(chosen))
            arms.append(Arm(name, words, [third(stat, end) for stat, end in chosen]))
            pairs.append(Pair(name, control, f"{words}, beside as many random samples"))
            pairs.append(Pair(name, alone, f"{words}, beside the best third alone"))
    return arms, pairs


def repeated_arms(
    best: tuple[str, str], repeats: Sequence[int], visits: int
) -> tuple[list[Arm], list[Pair]]:
    """Return the best third repeated: at equal visits with fewer samples, and with more visits."""
    arms = []
    pairs = []
    whole = third_name(*best)
    for times in repeats:
        part = f"{whole}-part-{times}"
        words = f"1 in {times} of the best third, each seen {times} times as often"
        arms.append(Arm(part, words, [third(*best), random_share(1 / times)]))
        pairs.append(Pair(part, whole, f"{words}, at equal visits"))
        longer = f"{whole}-times-{times}"
        words = f"the best third, {times} times the visits"
        arms.append(Arm(longer, words, [third(*best)], visits * times))
        pairs.append(Pair(longer, whole, f"{words}: as many epochs of {times} copies"))
    return arms, pairs
