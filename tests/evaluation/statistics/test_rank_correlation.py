"""Rank correlations with intervals over rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bettersynth.evaluation.statistics.rank_correlation import kendall, rank_correlations, spearman

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


def test_many_draws_at_once_are_scipys_one_after_the_other() -> None:
    rng = np.random.default_rng(1)
    # few values, so that rows tie
    first, second = rng.integers(4, size=(2, 50, 7)).astype(float)
    first[0] = 3.0
    for coefficients, scipys in ((spearman, stats.spearmanr), (kendall, stats.kendalltau)):
        values = coefficients(first, second)
        assert np.isnan(values[0])
        expected = [scipys(*draw).statistic for draw in zip(first[1:], second[1:], strict=True)]
        assert values[1:] == pytest.approx(np.array(expected), nan_ok=True)
