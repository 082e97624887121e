"""clean_html_mapper: HTML as plain text."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs


@pytest.mark.parametrize("group", cases("mappers", "clean_html_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_list_items_begin_with_a_line_end_and_a_star():
    assert rewritten("clean_html_mapper", "<ul><li>one</li><li>two</li></ul>") == "\n*one\n*two"
    assert rewritten("clean_html_mapper", "a &lt; b <b>bold</b>") == "a < b bold"
