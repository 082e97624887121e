"""The Fréchet distance: by hand where that is possible, by scipy's matrix root elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from bettersynth.evaluation.statistics.frechet_distance import frechet_distance


def test_in_one_dimension_it_is_the_difference_of_means_and_of_deviations():
    first = np.array([[0.0], [2.0], [4.0]])  # mean 2, variance 4
    second = np.array([[9.0], [10.0], [11.0]])  # mean 10, variance 1
    assert frechet_distance(first, second) == pytest.approx((2 - 10) ** 2 + (2 - 1) ** 2)


def test_equal_sets_are_no_distance_apart_and_a_shift_is_its_square():
    rows = np.random.default_rng(0).normal(size=(40, 6))
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(rows, rows + 3.0) == pytest.approx(6 * 9)


def test_it_is_the_formula_with_scipy_s_root_of_the_product():
    random = np.random.default_rng(1)
    first = random.normal(size=(50, 5)) @ random.normal(size=(5, 5))
    second = random.normal(size=(80, 5)) @ random.normal(size=(5, 5)) + 1
    covariances = [np.cov(rows, rowvar=False) for rows in (first, second)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    means = first.mean(axis=0) - second.mean(axis=0)
    expected = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root.real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-9)


def test_fewer_rows_than_features_are_no_obstacle():
    random = np.random.default_rng(2)
    first, second = random.normal(size=(2, 4, 30))
    # trace of the root by singular values: of centred rows over the root of n - 1
    sides = [(rows - rows.mean(axis=0)) / np.sqrt(3) for rows in (first, second)]
    shared = np.linalg.svd(sides[0] @ sides[1].T, compute_uv=False).sum()
    means = first.mean(axis=0) - second.mean(axis=0)
    spread = sum((side**2).sum() for side in sides)
    assert frechet_distance(first, second) == pytest.approx(means @ means + spread - 2 * shared)


def test_one_row_or_two_widths_are_refused():
    with pytest.raises(ValueError, match="two rows of one width each"):
        frechet_distance(np.ones((1, 3)), np.ones((5, 3)))
    with pytest.raises(ValueError, match="two rows of one width each"):
        frechet_distance(np.ones((5, 2)), np.ones((5, 3)))
