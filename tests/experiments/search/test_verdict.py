"""A winner is judged by what the search did not see."""

import numpy as np

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.verdict import interval_of, judge


def answered(chance: float, name: int, failure: str = "") -> Measured:
    scores = np.random.default_rng(name).random((3, 300)) < chance
    asked = Asked(Candidate(name, {}), 10, (5, 6, 7))
    return Measured(asked, (), unseen=scores.astype(float), failure=failure)


def test_gains_seen_and_unseen_are_set_side_by_side():
    seen = np.full((2, 300), 0.9), np.full((2, 300), 0.5)
    verdict = judge(answered(0.6, 1), answered(0.4, 2), answered(0.4, 0), *seen)
    assert [contest.opponent for contest in verdict.contests] == ["baseline", "random control"]
    assert all(contest.is_told for contest in verdict.contests)
    assert abs(verdict.seen_gain - 0.4) < 1e-9
    assert 0.1 < verdict.unseen_gain < 0.3
    assert set(verdict.scores) == {"winner", "baseline", "random control"}


def test_equals_are_not_told_apart_and_a_failed_control_is_left_out():
    alike = np.full((2, 300), 0.5)
    verdict = judge(answered(0.5, 1), answered(0.5, 2, "no"), answered(0.5, 0), alike, alike)
    assert [contest.is_told for contest in verdict.contests] == [False]
    assert set(verdict.scores) == {"winner", "baseline"}


def test_a_ratio_above_1_has_an_interval_too():
    interval = interval_of(1.2 + np.random.default_rng(0).random((3, 50)))
    assert interval.low < interval.mean < interval.high
