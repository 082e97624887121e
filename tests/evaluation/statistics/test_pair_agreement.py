"""How a cheap measure orders the pairs that full scores tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.evaluation.statistics.pair_agreement import pair_agreement

ALL = ~np.eye(5, dtype=bool)


def test_the_same_order_has_every_pair_right_and_the_other_way_round_none():
    full = [1.0, 2.0, 3.0, 4.0, 5.0]
    same = pair_agreement(full, [10, 20, 30, 40, 50], ALL)
    assert (same.right, same.pairs, same.share) == (10, 10, 1.0)
    assert (same.low, same.high) == (1.0, 1.0)
    assert pair_agreement(full, [5, 4, 3, 2, 1], ALL).right == 0


def test_a_pair_that_the_scores_do_not_tell_apart_is_not_asked_about():
    told = ALL.copy()
    told[0, 1] = told[1, 0] = False
    agreement = pair_agreement([1, 2, 3, 4, 5], [2, 1, 3, 4, 5], told)
    assert (agreement.right, agreement.pairs) == (9, 9)
    assert pair_agreement([1, 2, 3, 4, 5], [2, 1, 3, 4, 5], ALL).right == 9


def test_equal_measures_are_half_right():
    assert pair_agreement([1, 2, 3, 4, 5], [7, 7, 7, 7, 7], ALL).share == 0.5


def test_the_interval_holds_the_share_and_repeats_itself():
    full = [1, 2, 3, 4, 5]
    first = pair_agreement(full, [1, 3, 2, 5, 4], ALL)
    assert 0 < first.low < first.share < first.high <= 1
    assert first == pair_agreement(full, [1, 3, 2, 5, 4], ALL)


def test_without_a_pair_told_apart_there_is_nothing_to_say():
    assert pair_agreement([1, 2], [1, 2], np.zeros((2, 2), dtype=bool)) is None


@pytest.mark.parametrize("recipes", [5, 24])
def test_chance_is_about_half(recipes):
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        full, cheap = rng.normal(size=(2, recipes))
        told = ~np.eye(recipes, dtype=bool)
        shares.append(pair_agreement(full, cheap, told, draws=10).share)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)
