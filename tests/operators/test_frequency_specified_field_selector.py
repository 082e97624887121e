"""frequency_specified_field_selector: rows of the most frequent values."""

from __future__ import annotations

import json

import pytest
from support.one_operator import selected
from support.parity import rows_of, selected_ids

from bettersynth.errors import UserError


@pytest.mark.parametrize(
    "row",
    rows_of("select", "frequency_specified_field_selector"),
    ids=lambda row: json.dumps(row["params"]),
)
def test_it_chooses_the_same_rows_in_the_same_order(row):
    assert selected_ids(row) == row["kept"]


def test_one_row_is_not_looked_at():
    settings = {"field_key": "meta.t", "topk": 1}
    assert selected("frequency_specified_field_selector", [["a list"]], **settings) == [0]


def test_rows_come_grouped_and_the_rarest_where_asked_for():
    values = ["a", "b", "a", "c", "b", "a"]
    settings = {"field_key": "meta.t", "topk": 2}
    assert selected("frequency_specified_field_selector", values, **settings) == [0, 2, 5, 1, 4]
    rarest = settings | {"topk": 1, "reverse": False}
    assert selected("frequency_specified_field_selector", values, **rarest) == [3]


def test_a_value_that_cannot_be_counted_is_named():
    with pytest.raises(UserError, match="meta.t of sample 1 is neither text, number nor null"):
        settings = {"field_key": "meta.t", "topk": 1}
        selected("frequency_specified_field_selector", ["a", ["a"]], **settings)
