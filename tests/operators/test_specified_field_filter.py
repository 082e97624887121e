"""specified_field_filter: the value of a field among given ones."""

from __future__ import annotations

import pytest
from support.one_operator import measured, measured_good, row_batch

ROWS = row_batch({"meta": {"lang": "en"}}, {"meta": {"lang": ["en", "fr"]}}, {"meta": {"lang": 1}})


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        ({"target_value": ["en"]}, [True, False, False]),
        ({"target_value": ["en", "fr"]}, [True, True, False]),
        ({"target_value": ["en"], "reversed_range": True}, [False, True, True]),
        ({}, [True, True, True]),
    ],
)
def test_every_value_must_be_among_the_targets(settings, flags):
    values, found = measured("specified_field_filter", ROWS, field_key="meta.lang", **settings)
    assert values == {"meta.lang": ["en", ["en", "fr"], 1]}
    assert found == flags


def test_a_sample_without_the_field_is_set_aside_unless_data_juicer_is_asked_for():
    batch = row_batch({"meta": {"lang": "en"}}, {"meta": {}})
    ours = measured_good("specified_field_filter", batch, field_key="meta.lang")
    assert ours.values == {"meta.lang": ["en"]}
    assert "a sample has no field meta.lang" in ours.bad[1]
    theirs = measured_good("specified_field_filter", batch, "data_juicer", field_key="meta.lang")
    assert theirs.values == {"meta.lang": ["en", None]}


def test_no_field_measures_nothing():
    assert measured("specified_field_filter", ROWS)[0] == {}
