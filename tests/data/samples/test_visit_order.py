"""Whole shuffled passes, and shares of the visits that are those of the weights."""

from collections import Counter

import numpy as np
import pytest
from support.small_columns import column

from bettersynth.data.samples.visit_order import group_of_rows, training_order, weighted_order
from bettersynth.errors import UserError

ROWS = np.array([3, 5, 6, 8, 9])
GROUPS = column("web", "web", "web", "own", "own")


def test_training_goes_through_all_rows_before_one_comes_again():
    rows = np.array([3, 5, 8])
    order = training_order(rows, 7, seed=0)
    assert len(order) == 7
    assert sorted(order[:3]) == sorted(order[3:6]) == rows.tolist()
    assert order.tolist() == training_order(rows, 7, seed=0).tolist()
    assert set(training_order(rows, 2, seed=1)) < set(rows)


def test_each_group_has_its_share_of_the_visits_in_whole_passes():
    order = weighted_order(ROWS, GROUPS, {"web": 9, "own": 1}, 101, 0, "weights")
    counts = Counter(order.tolist())
    # 90.9 and 10.1, to the nearest whole visit
    assert sum(counts[row] for row in (3, 5, 6)) == 91
    assert sum(counts[row] for row in (8, 9)) == 10
    assert sorted(counts[row] for row in (3, 5, 6)) == [30, 30, 31]
    assert (
        order.tolist()
        == weighted_order(ROWS, GROUPS, {"web": 9, "own": 1}, 101, 0, "weights").tolist()
    )
    # mixed, not one group after the other
    assert 0 < np.flatnonzero(np.isin(order, [8, 9])).min() < 60


@pytest.mark.parametrize("visits", [1, 2, 7, 1000])
def test_shares_are_within_one_visit_of_the_weights(visits):
    weights = {"web": 0.7, "own": 0.3}
    order = weighted_order(ROWS, GROUPS, weights, visits, 3, "weights")
    assert len(order) == visits
    own = int(np.isin(order, [8, 9]).sum())
    assert abs(own - 0.3 * visits) < 1


def test_a_weight_without_samples_and_samples_without_a_weight_are_told():
    with pytest.raises(UserError, match=r"weights.far is 2, but no sample of it is left"):
        weighted_order(ROWS, GROUPS, {"web": 1, "own": 1, "far": 2}, 10, 0, "weights")
    with pytest.raises(UserError, match="weights gives no weight to own, which has samples"):
        weighted_order(ROWS, GROUPS, {"web": 1}, 10, 0, "weights")


def test_weights_name_sources_or_types():
    sources, types = column("web", "own"), column("caption", "text")
    assert group_of_rows({"own": 1, "web": 2}, sources, types) is sources
    assert group_of_rows({"text": 1, "caption": 2}, sources, types) is types
