"""How arms of a study compare."""

from __future__ import annotations

import pytest
from support.pool_arms import ended_arm

from bettersynth.experiments.studies.arms import Pair, compare_pairs, seen_score


@pytest.fixture(scope="module")
def results():
    skills = {"a": 0.05, "b": 0.95, "lost": None}
    return {name: ended_arm(name, skill) for name, skill in skills.items()}


def test_pairs_are_compared_on_the_unseen_half_with_holm_over_all(results):
    pairs = [
        Pair("b", "a", "b", "b beside a"),
        Pair("a", "a", "a", "same"),
        Pair("lost", "a", "lost", "lost"),
    ]
    better, same, failed = compare_pairs(results, pairs)
    assert better.difference.difference > 40
    assert better.difference.protocol == "probability"
    unseen = results["b"].score("unseen").mean - results["a"].score("unseen").mean
    assert better.difference.difference == pytest.approx(100 * unseen)
    # a second pair was tested; a failed one is no test
    assert better.adjusted_p == pytest.approx(2 * better.difference.p)
    assert same.difference.difference == 0
    assert failed.difference is None
    assert not failed.is_told


def test_one_seed_may_borrow_a_spread(results):
    pair = Pair("b", "a", "b", "b beside a")
    spread = results["b"].run.items
    (alone,) = compare_pairs(results, [pair])
    (lent,) = compare_pairs(results, [pair], spread)
    seeds = len(set(spread["seed"].to_pylist()))
    # an arm of several seeds shows its own spread
    assert seeds > 1
    assert lent == alone


def test_a_failed_arm_has_no_score(results):
    assert results["lost"].score("seen") is None
    assert results["lost"].headline("seen") is None
    # probabilities of these runs lie between .25 and .75
    assert results["b"].score("seen").mean < 0.76 < results["b"].headline("seen").mean
    assert seen_score(results["lost"]) is None
    assert seen_score(results["b"]) > seen_score(results["a"])
