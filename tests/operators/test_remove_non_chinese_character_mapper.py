"""remove_non_chinese_character_mapper: what is neither Chinese nor asked for."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "remove_non_chinese_character_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({}, "中文a 1，"),
        ({"keep_alphabet": False, "keep_number": False}, "中文 ，"),
        ({"keep_punc": False}, "中文a1"),
        ({"keep_alphabet": False, "keep_number": False, "keep_punc": False}, "中文"),
    ],
)
def test_what_is_left(settings, left):
    assert rewritten("remove_non_chinese_character_mapper", "中文a 1，é", **settings) == left
