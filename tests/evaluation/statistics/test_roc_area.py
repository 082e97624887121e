import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bettersynth.evaluation.statistics.roc_area import area_interval


def test_the_interval_holds_the_true_area_19_times_in_20():
    rng = np.random.default_rng(0)
    # two normal distributions one deviation apart
    true_area = 0.7602
    faulty = np.arange(80) < 40
    held = 0
    for _ in range(400):
        values = rng.normal(size=80) + faulty
        low, high = area_interval(float(roc_auc_score(faulty, values)), 40, 40)
        held += low <= true_area <= high
    assert 0.92 <= held / 400 <= 0.98


def test_more_samples_are_narrower_and_the_ends_are_kept():
    low, high = area_interval(0.8, 50, 50)
    wide_low, wide_high = area_interval(0.8, 10, 10)
    assert wide_low < low < 0.8 < high < wide_high < 1
    low, high = area_interval(1.0, 20, 20)
    assert 0.75 < low < high == 1
    assert area_interval(0.0, 20, 20) == pytest.approx((1 - high, 1 - low))


def test_without_one_of_the_two_kinds_nothing_is_known():
    assert all(map(math.isnan, area_interval(0.7, 0, 20)))
    assert all(map(math.isnan, area_interval(math.nan, 20, 20)))
