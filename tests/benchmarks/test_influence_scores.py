"""benchmarks/influence_scores.py: how attributions are judged."""

from __future__ import annotations

import numpy as np
import pytest
from support.benchmark_scripts import script

scores = script("influence_scores")


def halves(trainings: int, samples: int) -> np.ndarray:
    """Return random halves, bool `[trainings, samples]`."""
    rng = np.random.default_rng(0)
    return np.argsort(rng.random((trainings, samples)), axis=1) < samples // 2


def test_a_forecast_that_orders_all_trainings_right_scores_one_and_a_turned_one_minus_one():
    measured = np.random.default_rng(0).standard_normal((30, 8))
    found = scores.datamodelling_score(2 * measured + 1, measured)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))
    assert scores.datamodelling_score(-measured, measured).value == pytest.approx(-1)
    strange = np.random.default_rng(1).standard_normal((30, 8))
    found = scores.datamodelling_score(strange, measured)
    assert found.low < 0 < found.high


def test_where_nothing_varies_there_is_no_score():
    assert scores.datamodelling_score(np.ones((10, 3)), np.ones((10, 3))) is None


def test_a_datamodel_finds_the_samples_that_matter():
    inside = halves(80, 30)
    rng = np.random.default_rng(1)
    worth = np.zeros((5, 30))
    worth[:, :3] = rng.standard_normal((5, 3))
    noise = 0.05 * rng.standard_normal((80, 5))
    measured = 2 + inside @ worth.T + noise
    predicted = scores.datamodel_predictions(inside, measured)
    assert scores.datamodelling_score(predicted, measured).value > 0.9
    weights = scores.datamodel_weights(inside, measured)
    assert weights.shape == worth.shape
    # halves are of one size, so that a constant may be moved from all samples to the offset
    moved = weights - weights.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(moved, worth - worth.mean(axis=1, keepdims=True), atol=0.1)


def test_a_datamodel_of_noise_foretells_nothing():
    measured = np.random.default_rng(2).standard_normal((50, 60))
    predicted = scores.datamodel_predictions(halves(50, 200), measured)
    found = scores.datamodelling_score(predicted, measured)
    # 60 items, each with a standard error of 1 / 7
    assert abs(found.value) < 0.06


def test_low_values_for_mismatches_have_a_large_area():
    planted = np.array([True, True, False, False, False])
    found = scores.mismatch_area(np.array([0.1, 0.3, 0.2, 0.8, 0.9]), planted)
    assert found.value == pytest.approx(5 / 6)
    assert found.low < found.value < found.high
