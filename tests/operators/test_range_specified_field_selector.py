"""range_specified_field_selector: rows whose value has a rank in a range."""

from __future__ import annotations

import json

import pytest
from support.one_operator import selected
from support.parity import rows_of, selected_ids


@pytest.mark.parametrize(
    "row",
    rows_of("select", "range_specified_field_selector"),
    ids=lambda row: json.dumps(row["params"]),
)
def test_it_chooses_the_same_rows_in_the_same_order(row):
    assert selected_ids(row) == row["kept"]


def test_the_order_of_nan_and_infinity_is_data_juicers():
    # read off Data-Juicer's own selector
    values = ["1", "nan", "inf", "", "2.5", "nan", "-inf"]
    settings = {"field_key": "meta.s", "lower_rank": 1, "upper_rank": 5}
    name = "range_specified_field_selector"
    assert selected(name, values, "data_juicer", **settings) == [3, 1, 4, 0]
    # by our rule "nan" is no number, as "" is
    assert selected(name, values, **settings) == [0, 1, 3, 5]


def test_the_narrower_of_percentile_and_rank_holds():
    values = [50, 10, 40, 20, 30]
    settings = {"field_key": "s", "lower_percentile": 0.2, "upper_percentile": 0.8}
    assert selected("range_specified_field_selector", values, **settings) == [2, 4, 3]
    narrower = settings | {"lower_rank": 2, "upper_rank": 5}
    assert selected("range_specified_field_selector", values, **narrower) == [2, 4]
    no_upper_bound = {"field_key": "s", "lower_rank": 2}
    assert selected("range_specified_field_selector", values, **no_upper_bound) == [0, 1, 2, 3, 4]
