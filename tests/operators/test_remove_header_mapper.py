"""remove_header_mapper: what stands before the first heading of LaTeX."""

from __future__ import annotations

from support.one_operator import rewritten


def test_a_text_begins_with_its_first_heading():
    text = "preface\\section{One} text"
    assert rewritten("remove_header_mapper", text) == "\\section{One} text"


def test_a_text_without_a_heading_goes_unless_it_may_stay():
    assert rewritten("remove_header_mapper", "no heading") == ""
    assert rewritten("remove_header_mapper", "no heading", drop_no_head=False) == "no heading"
