"""punctuation_normalization_mapper: punctuation in ASCII."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "punctuation_normalization_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_typographic_and_chinese_marks():
    name = "punctuation_normalization_mapper"
    assert rewritten(name, "„a”—b…。！（）") == '"a" - b....!()'
    assert rewritten(name, "１") == '"'  # Data-Juicer's table takes it for a quotation mark
