"""What a search has measured so far, and what it looks up in that."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bettersynth.experiments.search.candidates import Asked, Candidate, Fidelity, Measured


@dataclasses.dataclass(frozen=True)
class Step:
    """One measurement, and the share of the budget that was spent after it."""

    measured: Measured
    spent: float


class Steps(list[Step]):
    """All measurements of a search in their order."""

    def of(self, asked: Asked) -> Measured | None:
        """Return what came of `asked`; None where nobody asked it."""
        for step in self:
            if step.measured.asked == asked:
                return step.measured
        return None

    def newest(self, candidate: Candidate) -> Measured:
        """Return the last measurement of a candidate.

        Raises:
            KeyError: there is none.
        """
        for step in reversed(self):
            if step.measured.asked.candidate == candidate:
                return step.measured
        raise KeyError(candidate.label)

    def scored(self, visits: int, seeds: int) -> list[Measured]:
        """Return the candidates' scores with so many visits and seeds, without the baseline's."""
        found = []
        for step in self:
            asked = step.measured.asked
            is_there = asked.fidelity == (visits, None) and len(asked.seeds) == seeds
            if is_there and asked.candidate.number:
                found.append(step.measured)
        return found

    def seeds_trained(self, candidates: Sequence[Candidate], fidelity: Fidelity) -> int:
        """Return how many seeds each of the candidates has trained at this fidelity."""
        counts = []
        for step in self:
            asked = step.measured.asked
            if asked.fidelity == fidelity and asked.candidate in candidates:
                counts.append(len(asked.seeds))
        return max(counts, default=0)
