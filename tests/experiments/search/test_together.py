"""Steps of a search become evidence: what fails, and controls, say nothing of a candidate."""

import numpy as np
import pytest

from bettersynth.experiments.search import together as room
from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.pooling import Evidence


def cheap(number: int, value: float, **changes) -> Measured:
    return Measured(Asked(Candidate(number, {}), 10, (0,), measure="options", **changes), (value,))


def whole(number: int, *shares: float, control: bool = False) -> Measured:
    seen = np.array(
        [[1.0] * round(10 * share) + [0.0] * round(10 - 10 * share) for share in shares]
    )
    seeds = tuple(range(len(shares)))
    asked = Asked(Candidate(number, {}), 20, seeds, control)
    return Measured(asked, (100 * float(seen.mean()),), seen, seen)


def test_the_last_measurement_of_a_fidelity_counts(monkeypatch):
    told = []

    def expected(evidence):
        told.extend(evidence)
        return np.array([0.5, 0.6, 0.7])

    monkeypatch.setattr(room, "expected_scores", expected)
    steps = [
        cheap(0, 0.4),
        whole(0, 0.5),
        cheap(1, 0.6),
        cheap(2, 0.7),
        Measured(Asked(Candidate(3, {}), 10, (0,), measure="options"), failure="nothing is left"),
        whole(2, 0.8),
        whole(2, 0.8, 0.6),
        whole(2, 0.1, control=True),
    ]
    assert room.expected_by_candidate(steps, 20) == {0: 0.5, 1: 0.6, 2: 0.7}
    assert told[1] == Evidence((0.6,), (), 0.0)
    assert (told[2].cheap, told[2].scores) == ((0.7,), (0.8, 0.6))
    # of ten pictures, eight or six right
    assert told[2].error == pytest.approx(np.sqrt((1.6 + 2.4) / 9 / 2 / 10))


def test_scores_of_fewer_visits_foretell_too():
    steps = [whole(number, share) for number, share in ((1, 0.5), (2, 0.6))]
    few = [Measured(Asked(Candidate(n, {}), 10, (0,)), (v,)) for n, v in ((1, 40.0), (2, 70.0))]
    expected = room.expected_by_candidate([*few, *steps], 20)
    alone = room.expected_by_candidate(steps, 20)
    assert expected[2] - expected[1] > alone[2] - alone[1] > 0
