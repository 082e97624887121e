"""general_field_filter: conditions over fields, in Python's notation, nothing called."""

from __future__ import annotations

import pytest
from support.one_operator import measured, measured_good, row_batch

from bettersynth.errors import UserError
from bettersynth.operators import general_field_filter as operator

ROW = {"num": 20, "meta": {"lang": "en", "tags": ["a", "b"]}, "nothing": None}


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("10 < num <= 30", True),
        ("10 < num <= 19", False),
        ("num > -5 and meta.lang in ['en', 'de']", True),
        ("not num == 20 or meta.lang == 'de'", False),
        ("'a' in meta.tags", True),
        ("meta.lang in ('de', 'fr')", False),
        ("meta.lang in {'en'}", True),
        # what is absent or null compares to nothing, and is in no list
        ("absent > 1", False),
        ("absent.deeper != 1", False),
        ("nothing == nothing", False),
        ("absent not in [1]", True),
        ("num.deeper not in [1]", True),
    ],
)
def test_what_a_condition_gives(condition, value):
    values, flags = measured("general_field_filter", row_batch(ROW), filter_condition=condition)
    assert values == {"general_field_filter_condition": [value]}
    assert flags == [value]


def test_the_value_is_kept_as_it_is():
    values, flags = measured("general_field_filter", row_batch(ROW), filter_condition="meta.tags")
    assert values == {"general_field_filter_condition": [["a", "b"]]}
    assert flags == [True]


def test_no_condition_measures_nothing():
    assert measured("general_field_filter", row_batch(ROW), filter_condition=" ")[0] == {}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("num >", "is not a condition: invalid syntax"),
        ("len(text) > 3", "Call is not allowed"),
        ("[x for x in text]", "ListComp is not allowed"),
        ("num + 1 > 3", "BinOp is not allowed"),
        ("num is None", "Is is not allowed"),
        ("num > 1j", "Constant is not allowed"),
        ("num == \0", "is not a condition"),
        ("(" * 5000 + "num" + ")" * 5000, "nested too deeply|too many nested"),
    ],
)
def test_what_is_no_condition_is_named(condition, message):
    with pytest.raises(UserError, match=f"general_field_filter.*{message}"):
        measured("general_field_filter", row_batch(ROW), filter_condition=condition)


def test_a_value_that_cannot_be_compared_sets_its_sample_aside():
    batch = row_batch({"num": 1}, {"num": "one"}, {"num": None}, {"num": 3})
    found = measured_good("general_field_filter", batch, filter_condition="num > 2")
    assert found.values == {"general_field_filter_condition": [False, False, True]}
    assert found.positions == [0, 2, 3]
    assert list(found.bad) == [1]
    assert "'num > 2': '>' not supported between instances of 'str' and 'int'" in found.bad[1]


def test_the_fields_of_a_condition_are_its_dot_paths():
    settings = operator.Measuring("1 < num <= m.n and not (__dj__stats__.text_len in [tag, 'x'])")
    assert operator.fields_read(settings) == ["num", "m.n", "__dj__stats__.text_len", "tag"]
    assert operator.fields_read(operator.Measuring("")) == []
