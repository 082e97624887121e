"""Parts of a pool as recipes: thirds by a stat, thirds of thirds, and what they are compared with.

A recipe's line ranks what the lines before it left. So a third of a third is a ninth of the pool,
however the two stats go together, and every arm of a kind has one size (but for one sample).

Which part is the best is chosen with the luck of its own trainings. So before anything stands
beside it, it is trained again on fresh seeds, and what stands beside it has the same ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bettersynth.errors import UserError
from bettersynth.experiments.studies.arms import Arm, ArmResult, Pair, seen_score

ENDS = ("low", "middle", "high")
RANDOM = "random-"
RANDOM_THIRD = f"{RANDOM}1"
COMBINING = "combining"
REPEATING = "repeating"
AGAIN = "-again"
SEED = 42


class Third(NamedTuple):
    """One third of the pool by the rank of a stat; `end` is one of `ENDS`."""

    stat: str
    end: str

    @property
    def arm(self) -> str:
        """The name of its arm."""
        return f"{self.stat}-{self.end}"

    @property
    def words(self) -> str:
        """What it is called on the page."""
        return f"the {self.end} third of {self.stat}"

    @property
    def line(self) -> dict[str, Any]:
        """The line of a recipe that keeps it."""
        place = ENDS.index(self.end)
        bounds = {"lower_percentile": place / 3, "upper_percentile": (place + 1) / 3}
        field = f"__dj__stats__.{self.stat}"
        return {"range_specified_field_selector": {"field_key": field, **bounds}}


def random_share(share: float) -> dict[str, Any]:
    """Return the line of a recipe that keeps a share of the samples, drawn at random."""
    return {"random_selector": {"select_ratio": share, "seed": SEED}}


def single_arms(stats: Sequence[str]) -> list[Arm]:
    """Return a random third and the three thirds of each stat."""
    arms = [Arm(RANDOM_THIRD, "a random third", [random_share(1 / 3)])]
    for stat in stats:
        for end in ENDS:
            third = Third(stat, end)
            arms.append(Arm(third.arm, third.words, [third.line]))
    return arms


def single_pairs(stats: Sequence[str]) -> list[Pair]:
    """Return what the thirds are asked: each beside a random third, and high beside low."""
    pairs = []
    for stat in stats:
        for end in ENDS:
            third = Third(stat, end)
            question = f"{third.words} beside a random third"
            pairs.append(Pair(third.arm, RANDOM_THIRD, stat, question))
        high, low = Third(stat, "high"), Third(stat, "low")
        question = f"{high.words} beside its low third"
        pairs.append(Pair(high.arm, low.arm, stat, question))
    return pairs


def best_thirds(results: Mapping[str, ArmResult], stats: Sequence[str]) -> list[Third]:
    """Return the best third of each stat on the seen half, the best of all first.

    A third that failed is none; of equal scores the first end, and the first stat, is the best.

    Raises:
        UserError: all thirds failed.
    """
    best: list[tuple[float, Third]] = []
    failures = []
    for stat in stats:
        scored = []
        for end in ENDS:
            result = results[Third(stat, end).arm]
            score = seen_score(result)
            if score is None:
                failures.append(f"{result.arm.name}: {result.failure}")
            else:
                scored.append((score, Third(stat, end)))
        if scored:
            best.append(max(scored, key=lambda row: row[0]))
    if not best:
        raise UserError(f"every third failed, the first so: {failures[0]}")
    best.sort(key=lambda row: -row[0])
    return [third for _, third in best]


def fresh_seeds(seeds: Sequence[int], step: int) -> tuple[int, ...]:
    """Return as many seeds, none of them in `seeds` or in those of another step (from 1 on)."""
    beyond = step * (max(seeds) + 1)
    return tuple(seed + beyond for seed in seeds)


def combined_arms(best: Sequence[Third], seeds: tuple[int, ...]) -> tuple[list[Arm], list[Pair]]:
    """Return all combinations of the thirds `best`, the best first, and their questions.

    Each is compared with as many random samples, and with the best third alone; all of them are
    trained on `seeds`, the best third too.
    """
    if len(best) < 2:
        return [], []
    alone = best[0].arm + AGAIN
    arms = [Arm(alone, f"{best[0].words}, trained again", [best[0].line], seeds=seeds)]
    pairs = []
    for depth in range(2, len(best) + 1):
        control = f"{RANDOM}{depth}"
        share = 3**depth
        words = f"1 in {share} samples, random"
        arms.append(Arm(control, words, [random_share(1 / share)], seeds=seeds))
        for chosen in itertools.combinations(best, depth):
            # the last line of the recipe keeps a third of what the ones before it left
            name = "-of-".join(third.arm for third in reversed(chosen))
            words = " of ".join(third.words for third in reversed(chosen))
            arms.append(Arm(name, words, [third.line for third in chosen], seeds=seeds))
            question = f"{words} beside as many random samples"
            pairs.append(Pair(name, control, COMBINING, question))
            question = f"{words} beside the best third alone"
            pairs.append(Pair(name, alone, COMBINING, question))
    return arms, pairs


def best_part(
    best: Sequence[Third], combined: Sequence[Arm], results: Mapping[str, ArmResult]
) -> Arm:
    """Return the part with the best score on the seen half: a third of `best`, or a combination.

    `combined` are the arms of `combined_arms`. One that failed is below all others; of equal scores
    the first, the larger part, is the best.
    """
    # the best third counts with the trainings that did not choose it
    tried = {third.arm: results[third.arm] for third in best}
    for arm in combined:
        if not arm.name.startswith(RANDOM):
            tried[arm.name.removesuffix(AGAIN)] = results[arm.name]
    name = max(tried, key=lambda name: seen_score(tried[name]) or -1.0)
    return results[name].arm


def repeated_arms(
    best: Arm, repeats: Sequence[int], visits: int, seeds: tuple[int, ...]
) -> tuple[list[Arm], list[Pair]]:
    """Return the best part once and repeated: at equal visits with fewer samples, and with more
    visits. All are trained on `seeds`.
    """
    words = f"{best.words} once, trained again"
    once = Arm(f"{best.name}-times-1", words, best.recipe, seeds=seeds)
    arms = [once]
    pairs = []
    for times in repeats:
        part = f"{best.name}-part-{times}"
        words = f"1 in {times} of {best.words}, each seen {times} times as often"
        arms.append(Arm(part, words, [*best.recipe, random_share(1 / times)], seeds=seeds))
        pairs.append(Pair(part, once.name, REPEATING, f"{words}, beside all of it once"))
        longer = f"{best.name}-times-{times}"
        words = f"{best.words} {times} times over, {visits * times:,} visits"
        arms.append(Arm(longer, words, best.recipe, visits * times, seeds))
        pairs.append(Pair(longer, once.name, REPEATING, f"{words}, beside {visits:,}"))
    return arms, pairs
