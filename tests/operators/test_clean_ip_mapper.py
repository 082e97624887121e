"""clean_ip_mapper: addresses of version 4, and whole ones of version 6."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "clean_ip_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("at 192.168.0.1 now", "at  now"),
        ("1:2:3:4:5:6:7:abcd", ""),
        ("1::2 and 1.2.3", "1::2 and 1.2.3"),
    ],
)
def test_what_goes(text, without):
    assert rewritten("clean_ip_mapper", text) == without
