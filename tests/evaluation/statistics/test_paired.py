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
