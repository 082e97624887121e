"""clean_links_mapper: links, in time that does not explode."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs

from bettersynth.errors import UserError


@pytest.mark.parametrize("group", cases("mappers", "clean_links_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_a_link_goes_and_a_row_of_dots_takes_no_time():
    assert rewritten("clean_links_mapper", "see https://a.org/b(c) now") == "see  now"
    dots = "x http://" + "." * 200
    assert rewritten("clean_links_mapper", dots) == dots


def test_a_broken_pattern_is_named():
    with pytest.raises(UserError, match="not a regular expression"):
        rewritten("clean_links_mapper", "x", pattern="(")
