"""weighted_sum_selector: the largest sums of z-scores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import zscore

from bettersynth.errors import UserError
from bettersynth.operators.weighted_sum_selector import Settings, fields, select, weighted_sums

BOTH = {"meta.a": 1.0, "meta.b": 0.5}
ROWS = [(0.1, 10), (0.5, 30), (0.3, 90), (0.2, 20), (0.4, 10)]


def test_the_sum_is_that_of_z_scores():
    a, b = (np.array(column, dtype=float) for column in zip(*ROWS, strict=True))
    expected = zscore(a) + 0.5 * zscore(b)
    np.testing.assert_allclose(weighted_sums(ROWS, [1.0, 0.5]), expected, rtol=1e-12)


def test_the_largest_are_kept_in_the_samples_order():
    sums = weighted_sums(ROWS, [1.0, 0.5])
    best = sorted(np.argsort(-sums)[:2].tolist())
    assert select(ROWS, Settings(BOTH, topk=2)) == best == [1, 2]
    assert select(ROWS, Settings(BOTH, top_ratio=0.4)) == best
    assert select(ROWS, Settings(BOTH, top_ratio=0.9, topk=2)) == best
    assert select(ROWS, Settings(BOTH, topk=9)) == [0, 1, 2, 3, 4]


def test_one_field_is_a_rank_by_it_and_a_negative_weight_turns_it():
    assert fields(Settings({"meta.a": 2.0}, topk=1)) == ["meta.a"]
    assert select([3.0, [9.0], "5"], Settings({"meta.a": 2.0}, topk=1)) == [1]
    assert select([3.0, [9.0], "5"], Settings({"meta.a": -2.0}, topk=1)) == [0]


def test_equal_sums_go_by_place_and_what_lacks_a_value_comes_last():
    assert select([1, 1, 1], Settings({"meta.a": 1.0}, topk=2)) == [0, 1]
    assert select([None, -5.0, 7.0], Settings({"meta.a": 1.0}, topk=2)) == [1, 2]
    assert select([None, -5.0, 7.0], Settings({"meta.a": 1.0}, topk=3)) == [0, 1, 2]


def test_a_value_that_does_not_vary_adds_nothing():
    assert weighted_sums([(1, 5), (1, 7)], [3.0, 1.0]).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": {"meta.a": 0.0}, "topk": 1}, "weights are all 0"),
        ({"weights": {"meta.a": 1.0}}, "say how many to keep: topk or top_ratio"),
        ({"weights": {"meta.a": 1.0}, "topk": 0}, "topk is 0; it must be above 0"),
        ({"weights": {"meta.a": 1.0}, "top_ratio": -0.1}, "top_ratio is -0.1; it must be above"),
    ],
)
def test_settings_that_choose_nothing_are_refused(settings, message):
    with pytest.raises(UserError, match=message):
        Settings(**settings)


def test_without_a_field_there_is_nothing_to_weigh():
    with pytest.raises(UserError, match="weights names no field"):
        fields(Settings())
