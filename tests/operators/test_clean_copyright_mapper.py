"""clean_copyright_mapper: the notice at the head of source code."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "clean_copyright_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("/* Copyright me */code", "code"),
        ("/* a comment */code", "/* a comment */code"),
        ("# anything\n\n// more\n-- and more\ncode # stays", "code # stays"),
        ("", ""),
    ],
)
def test_what_goes(text, without):
    assert rewritten("clean_copyright_mapper", text) == without
