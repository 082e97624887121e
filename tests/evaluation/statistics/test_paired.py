"""Tests between two experiments that answered the same items."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.evaluation.statistics.paired import holm, mcnemar, paired_bootstrap


def test_a_real_difference_is_found_and_the_same_predictions_have_none() -> None:
    rng = np.random.default_rng(4)
    effects = rng.normal(size=400)
    first = (effects + rng.normal(size=(5, 400)) > 0).astype(float)
    second = (effects + 0.6 + rng.normal(size=(5, 400)) > 0).astype(float)
    test = paired_bootstrap(first, second)
    assert test.p < 0.01
    assert 0 < test.low < test.difference < test.high
    assert paired_bootstrap(first, first).p == 1.0
    with pytest.raises(ValueError, match="differ in seeds or items"):
        paired_bootstrap(first, second[:4])


def test_mcnemar_is_the_exact_sign_test_of_the_discordant_items() -> None:
    first = np.array([True] * 8 + [False] * 2 + [True] * 20)
    second = np.array([False] * 8 + [True] * 2 + [True] * 20)
    only_first, only_second, p = mcnemar(first, second)
    assert (only_first, only_second) == (8, 2)
    assert p == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert mcnemar(first, first) == (0, 0, 1.0)


def test_holm_steps_down_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_mcnemar_turns_whole_pictures() -> None:
    first = np.array([True, True, True, False])
    second = np.array([False, False, False, False])
    # three questions on one picture are one turn of the coin, not three
    assert mcnemar(first, second, ["a", "a", "a", "b"])[2] == pytest.approx(1.0)
    # two pictures of differences 2 and 1: the sums 3, 1, -1, -3 are alike
    assert mcnemar(first, second, ["a", "a", "b", "c"])[2] == pytest.approx(0.5)
    many = np.arange(40) % 8 > 0
    alone = mcnemar(many, ~many, [str(number) for number in range(40)])
    assert alone[2] == pytest.approx(mcnemar(many, ~many)[2])


def test_one_seed_may_borrow_the_spread_of_others() -> None:
    rng = np.random.default_rng(1)
    first = (rng.random((1, 400)) < 0.5).astype(float)
    second = first.copy()
    second[0, :40] = 1.0
    # seeds at 40, 50 and 60 %
    spread = np.stack([np.arange(400) < share * 400 for share in (0.4, 0.5, 0.6)]).astype(float)
    own = paired_bootstrap(first, second)
    lent = paired_bootstrap(first, second, spread_of=spread)
    assert own.p < 0.05 < lent.p
    assert lent.high - lent.low > 2 * (own.high - own.low)
