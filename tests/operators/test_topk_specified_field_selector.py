"""topk_specified_field_selector: rows with the largest values."""

from __future__ import annotations

import json

import pytest
from support.one_operator import selected
from support.parity import rows_of, selected_ids

from bettersynth.errors import UserError


@pytest.mark.parametrize(
    "row",
    rows_of("select", "topk_specified_field_selector"),
    ids=lambda row: json.dumps(row["params"]),
)
def test_it_chooses_the_same_rows_in_the_same_order(row):
    assert selected_ids(row) == row["kept"]


def test_the_order_of_nan_and_infinity_is_data_juicers():
    # read off Data-Juicer's own selector
    values = ["1", "nan", "inf", "", "2.5", "nan", "-inf"]
    settings = {"field_key": "meta.s", "topk": 3}
    name = "topk_specified_field_selector"
    assert selected(name, values, "data_juicer", **settings) == [4, 1, 2]
    # by our rule "nan" is no number, as "" is
    assert selected(name, values, **settings) == [2, 4, 0]


def test_the_smallest_where_asked_for_and_all_where_nothing_is():
    settings = {"field_key": "meta.s", "topk": 2, "reverse": False}
    assert selected("topk_specified_field_selector", [3, 1, 2, 1], **settings) == [1, 3]
    assert selected("topk_specified_field_selector", [3, 1, 2], field_key="meta.s") == [0, 1, 2]


def test_a_plain_field_is_ranked_by_its_numbers_and_under_data_juicer_as_it_is():
    name, settings = "topk_specified_field_selector", {"field_key": "n", "topk": 2}
    assert selected(name, ["b", 9, "10", None], **settings) == [2, 1]
    assert selected(name, [2**60, 2**60 + 1, 3], **settings) == [1, 0]
    assert selected(name, ["b", "9", "10"], "data_juicer", **settings) == [0, 1]
    with pytest.raises(UserError, match="the values of n cannot be compared as they are"):
        selected(name, ["b", 9, 10], "data_juicer", **settings)
