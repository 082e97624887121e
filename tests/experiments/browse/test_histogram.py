import numpy as np

from bettersynth.experiments.browse.histogram import BINS, bin_edges, counted


def test_few_whole_numbers_have_a_bin_each():
    values = np.array([3.0, 4, 4, 7])
    edges = bin_edges(values, 5)
    assert edges.tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5]
    assert counted(values, edges).tolist() == [1, 2, 0, 0, 1]


def test_a_bound_nearby_is_on_the_axis_and_a_far_one_is_not():
    values = np.linspace(0, 1, 1001)
    assert bin_edges(values, 1.3)[-1] == 1.3
    assert bin_edges(values, 9)[-1] < 1.01
    assert bin_edges(values, float("inf"))[-1] < 1.01
    assert len(bin_edges(values, 0.5)) == BINS + 1


def test_every_value_is_counted_outliers_too():
    values = np.concatenate([np.linspace(0, 1, 1000), [50.0]])
    assert sum(counted(values, bin_edges(values, 0.5))) == 1001


def test_no_values_or_one_value_have_edges():
    assert len(bin_edges(np.array([]), 1)) == 2
    assert counted(np.array([0.3]), bin_edges(np.array([0.3]), float("nan"))).tolist() == [1]
