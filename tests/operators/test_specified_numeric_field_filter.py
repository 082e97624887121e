"""specified_numeric_field_filter: the number in a field, and what is none."""

from __future__ import annotations

import pytest
from support.one_operator import line, measured, row_batch


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        ({}, [True, False, False, False, False]),
        ({"reversed_range": True, "max_value": 7}, [False, True, True, True, False]),
        ({"max_value": 1e300}, [True, True, False, False, False]),
    ],
)
def test_numbers_beyond_the_default_bounds_and_nan_lie_outside(settings, flags):
    recipe_line = line("specified_numeric_field_filter", field_key="s", **settings)
    values = {"s": ["1", "1e30", "inf", "nan", "x"]}
    assert recipe_line.operator.keep(values, recipe_line.deciding).tolist() == flags


@pytest.mark.parametrize(("compat", "stays"), [("", True), ("data_juicer", False)])
def test_what_is_no_number_is_dropped_and_zero_and_lists_by_data_juicer(compat, stays):
    batch = row_batch(*({"meta": {"s": value}} for value in (0, None, "", [1], 5)))
    settings = {"field_key": "meta.s", "min_value": -1, "max_value": 9}
    values, flags = measured("specified_numeric_field_filter", batch, compat, **settings)
    assert values == {"meta.s": [0, None, "", [1], 5]}
    assert flags == [stays, False, False, stays, True]


def test_a_list_counts_by_the_mean_of_its_numbers():
    recipe_line = line("specified_numeric_field_filter", field_key="s", max_value=2)
    values = {"s": [[1, None, 3], [1, 9], [None], []]}
    assert recipe_line.operator.keep(values, recipe_line.deciding).tolist() == [
        True,
        False,
        False,
        False,
    ]
