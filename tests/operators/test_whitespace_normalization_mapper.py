"""whitespace_normalization_mapper: every kind of space as a plain one."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "whitespace_normalization_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_line_ends_stay():
    text = "\u3000a\tb\u200bc\nd\u00a0 "
    assert rewritten("whitespace_normalization_mapper", text) == "a b c\nd"
