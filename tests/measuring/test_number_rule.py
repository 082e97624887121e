import math

import numpy as np
import pytest

from bettersynth.measuring.number_rule import finite_items, is_number, number_of, numbers_of


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (0.25, 0.25),
        (True, 1.0),
        (False, 0.0),
        ([1, None, 3], 2.0),
        ([1, float("nan"), 3], 2.0),
        ([True, False], 0.5),
        (math.inf, math.inf),
    ],
)
def test_a_value_counts_as_the_mean_of_its_numbers(value, number):
    assert number_of(value) == number


@pytest.mark.parametrize(
    "value", [None, [], [None], ["a"], "1234567890123456", "12e4", float("nan"), {"a": 1}, [[1]]]
)
def test_text_none_nan_and_mappings_have_no_number(value):
    assert math.isnan(number_of(value))
    assert not is_number(value)


def test_a_column_keeps_its_rows():
    column = numbers_of([1, "x", [2, None]])
    assert column.dtype == np.float64
    assert column[[0, 2]].tolist() == [1.0, 2.0]
    assert math.isnan(column[1])
    assert numbers_of([]).shape == (0,)


def test_items_are_the_finite_numbers_of_all_lists():
    column = [[1, None, 3], True, None, [], "4", math.inf, float("nan"), 0.5]
    assert finite_items(column).tolist() == [1.0, 3.0, 1.0, 0.5]
    assert finite_items([]).dtype == np.float64
