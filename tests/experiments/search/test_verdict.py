"""A winner is judged by what the search did not see."""

import numpy as np
import pytest

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


def test_a_failed_baseline_leaves_the_gain_unmeasured_and_no_zero():
    seen = np.full((2, 300), 0.9), np.full((2, 300), 0.5)
    verdict = judge(answered(0.6, 1), answered(0.4, 2), answered(0.4, 0, "no"), *seen)
    assert (verdict.unseen_gain, verdict.optimism) == (None, None)
    assert [contest.opponent for contest in verdict.contests] == ["random control"]


@pytest.mark.parametrize("mean", [0.97, 1.0, 1.2])
def test_the_interval_of_a_ratio_is_as_wide_on_both_sides_of_1(mean):
    scores = np.random.default_rng(0).normal(mean, 0.3, (3, 240))
    scores += mean - scores.mean()
    interval = interval_of(scores, is_ratio=True)
    below, above = interval.mean - interval.low, interval.high - interval.mean
    assert below == pytest.approx(above, rel=0.05)
    assert 0.02 < above < 0.1
