"""What a search has measured so far, as evidence of each candidate's score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bettersynth.experiments.search.candidates import Measured
from bettersynth.experiments.search.pooling import Evidence, expected_scores


def expected_by_candidate(measured: Sequence[Measured], visits: int) -> dict[int, float]:
    """Return the expected score of each candidate by its number, in the unit of `seen`.

    Scores with so many `visits` are what is expected; all else that was measured foretells them.
    Failures and controls say nothing.
    """
    told = [one for one in measured if not one.failure and not one.asked.control]
    whole = (visits, None)
    fidelities = [one.asked.fidelity for one in told]
    cheap = [one for one in dict.fromkeys(fidelities) if one != whole]
    numbers = list(dict.fromkeys(one.asked.candidate.number for one in told))
    evidence = []
    for number in numbers:
        # of several measurements at one fidelity the last has the most seeds
        own = {one.asked.fidelity: one for one in told if one.asked.candidate.number == number}
        values = tuple(own[one].values[0] if one in own else None for one in cheap)
        seen = own[whole].seen if whole in own else np.zeros((0, 0))
        scores = tuple(float(score) for score in seen.mean(axis=1)) if seen.size else ()
        evidence.append(Evidence(values, scores, _error(seen)))
    return dict(zip(numbers, expected_scores(evidence).tolist(), strict=True))


def _error(seen: np.ndarray) -> float:
    """Return the standard error of the mean of one seed's pictures."""
    if seen.size == 0 or seen.shape[1] < 2:
        return 0.0
    return float(np.sqrt(seen.var(axis=1, ddof=1).mean() / seen.shape[1]))
