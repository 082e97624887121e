"""Rank correlations with intervals over rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bettersynth.evaluation.statistics.rank_correlation import rank_correlations

FIRST = [0.9, 1.0, 2.7, 2.6, 1.3, 2.9, 0.8, 2.1]
SECOND = [1.0, 1.1, 1.2, 1.3, 0.9, 1.4, 1.1, 1.2]


def test_coefficients_are_scipys_and_lie_in_their_intervals() -> None:
    spearman, kendall = rank_correlations(FIRST, SECOND, draws=300)
    assert spearman.value == pytest.approx(stats.spearmanr(FIRST, SECOND).statistic)
    assert kendall.value == pytest.approx(stats.kendalltau(FIRST, SECOND).statistic)
    for correlation in (spearman, kendall):
        assert -1 <= correlation.low < correlation.value < correlation.high <= 1
        assert correlation.rows == 8


def test_the_same_order_is_told_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    for correlation in rank_correlations(FIRST, np.exp(FIRST), draws=300):
        assert correlation.value == pytest.approx(1)
        assert correlation.is_told
    noise = rank_correlations(range(20), rng.normal(size=20), draws=300)
    assert not any(correlation.is_told for correlation in noise)


def test_the_same_numbers_give_the_same_interval() -> None:
    assert rank_correlations(FIRST, SECOND, draws=50) == rank_correlations(FIRST, SECOND, draws=50)


def test_few_rows_or_a_score_that_does_not_vary_have_no_order() -> None:
    assert rank_correlations([1, 2, 3, 4], [1, 2, 3, 4]) == []
    assert rank_correlations(FIRST, [1.0] * len(FIRST)) == []
