import math

import pytest

from bettersynth.data.samples.batch import BadSample
from bettersynth.errors import UserError
from bettersynth.measuring.field_values import (
    as_number,
    field_column,
    field_value,
    ranked,
    require_plain,
    smaller_size,
)

ROW = {"meta": {"lang": "en", "n": 3}, "text": "x"}


def test_a_dot_path_leads_into_mappings():
    assert field_value(ROW, "meta.lang") == "en"
    with pytest.raises(UserError, match="no field meta.size: size is not among lang, n"):
        field_value(ROW, "meta.size")
    assert field_value(ROW, "meta.size", "data_juicer") is None
    with pytest.raises(UserError, match="no field text.a: a is not among none"):
        field_value(ROW, "text.a", "data_juicer")


def test_rows_without_the_field_are_named_by_position():
    assert field_column([ROW, ROW], "meta.n") == [3, 3]
    with pytest.raises(BadSample) as error:
        field_column([ROW, {}, {"meta": {}}], "meta.n")
    assert error.value.positions == [1, 2]


@pytest.mark.parametrize(
    ("value", "ours", "data_juicers"),
    [
        ("2.5", 2.5, 2.5),
        ([1, None, 3], 2.0, -1.0),
        (["1", "3"], 2.0, -1.0),
        (True, 1.0, 1.0),
        (None, -1.0, -1.0),
        ([], -1.0, -1.0),
        ("x", -1.0, -1.0),
    ],
)
def test_a_written_number_counts_and_data_juicer_takes_no_list_with_gaps(value, ours, data_juicers):
    assert as_number(value, -1.0) == ours
    assert as_number(value, -1.0, "data_juicer") == data_juicers


def test_the_text_nan_is_missing_but_to_data_juicer():
    assert as_number("nan", -1.0) == -1.0
    assert math.isnan(as_number("nan", -1.0, "data_juicer"))


def test_only_plain_values_can_be_counted():
    require_plain([None, "a", 1, 2.5], "an_operator", "meta.tag")
    with pytest.raises(UserError, match="an_operator: meta.tag of sample 1 is neither"):
        require_plain(["a", ["b"]], "an_operator", "meta.tag")


def test_the_smaller_of_ratio_and_number_where_0_is_none():
    assert smaller_size(0.5, 3, 10) == 3
    assert smaller_size(0.2, 3, 10) == 2
    assert smaller_size(0, 0, 10) is None


def test_equal_values_keep_their_order():
    assert ranked([1, 3, 3, 2], descending=True, size=3) == [1, 2, 3]
    assert ranked(["b", "a"], descending=False, size=1) == [1]
