"""What a search compares: candidates, what is asked of an evaluator, and what that measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

# visits, and the measure or None: what decides what a seed costs
Fidelity = tuple[int, str | None]


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A recipe under trial: the `values` of what varies, by dotted name or `rule:OPERATOR`.

    Number 0 is what the search starts from, which varies nothing.
    """

    number: int
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What pages and experiments call it."""
        return f"c{self.number:03}" if self.number else "baseline"


@dataclasses.dataclass(frozen=True)
class Asked:
    """A candidate to be trained on `seeds` with so many visits of stage 1.

    Its `control` has as many samples, drawn at random. With a `measure` (a name of
    `studies/measures.py`) stage 1 alone is trained, and asked for that.
    """

    candidate: Candidate
    visits: int
    seeds: tuple[int, ...]
    control: bool = False
    measure: str | None = None

    @property
    def fidelity(self) -> Fidelity:
        """What decides what a seed costs, and which values can be compared."""
        return self.visits, self.measure


@dataclasses.dataclass(frozen=True)
class Measured:
    """What came of it: one value an objective on the seen half, in percent, ratio or seconds.

    `seen` and `unseen` are `[seeds, pictures]` by the first objective, as shares or ratios. Of a
    cheap measure the first value is the measure, turned so that more is better, and both are
    empty. A failure has its reason, and no numbers.
    """

    asked: Asked
    values: tuple[float, ...] = ()
    seen: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    unseen: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    failure: str = ""


def with_numbers(measured: Measured, objectives: Sequence[str]) -> Measured:
    """Return what was measured; a failure where a value of it is no finite number.

    NaN is neither better nor worse than any other: it would be ranked by chance.
    """
    first = measured.asked.measure or objectives[0]
    for name, value in zip([first, *objectives[1:]], measured.values, strict=False):
        if not math.isfinite(value):
            return Measured(measured.asked, failure=f"its {name} is {value}, which is no number")
    return measured


class Evaluator(Protocol):
    """Whatever trains and scores: trials for real, or a table of stored scores in a replay."""

    def prepare(self, asked: Asked) -> None:
        """Make what all recipes share; it belongs to what `spent` returns."""
        ...

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        """Return what came of each, in order."""
        ...

    def spent(self) -> float:
        """Return what all of it has taken, as a share of the budget."""
        ...


class Proposer(Protocol):
    """Whatever thinks of candidates."""

    def propose(self, count: int) -> list[Candidate]:
        """Return up to `count` new candidates; fewer where it has no more."""
        ...

    def learn(self, measured: Sequence[Measured]) -> None:
        """Take in what came of its candidates."""
        ...
