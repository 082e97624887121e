"""Wrong options for questions about what a picture shows.

They come from the same group (hard) or from other groups (easy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Concept:
    """A thing that pictures show: its name, as an option says it, and its group of things."""

    name: str
    group: str


class Distractors:
    """Draws wrong options among the given concepts.

    Those with as many words as the answer come first: options of equal word count keep the longest
    one from being a hint, and keep a likelihood per token comparable.
    """

    def __init__(self, concepts: Sequence[Concept]):
        # sorted: the draws below must not depend on the order of a set
        self.concepts = sorted(set(concepts), key=lambda concept: (concept.name, concept.group))

    def choose(
        self, answer: Concept, count: int, same_group: bool, rng: np.random.Generator
    ) -> list[str] | None:
        """Return `count` names, all of the answer's group or all of other groups.

        No option's name holds another's, as text or as a set of words ("cat" beside "black cat"
        would be right as well). None if there are too few.
        """
        names = []
        for concept in self.concepts:
            if (concept.group == answer.group) == same_group:
                names.append(concept.name)
        shuffled = [names[place] for place in rng.permutation(len(names))]
        words = len(answer.name.split())
        chosen: list[str] = []
        # sorted is stable: among equal word counts the shuffle decides
        for name in sorted(shuffled, key=lambda name: abs(len(name.split()) - words)):
            if not any(_overlap(name, other) for other in (answer.name, *chosen)):
                chosen.append(name)
            if len(chosen) == count:
                return chosen
        return None


def _overlap(one: str, other: str) -> bool:
    """Whether one name holds the other, as text or as a set of words."""
    one = one.lower()
    other = other.lower()
    one_words = set(one.split())
    other_words = set(other.split())
    if one in other or other in one:
        return True
    return one_words <= other_words or other_words <= one_words


def with_answer_at(answer: str, distractors: Sequence[str], place: int) -> list[str]:
    """Return the options with the answer at index `place`."""
    return [*distractors[:place], answer, *distractors[place:]]
