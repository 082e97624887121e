"""generate_qa_from_text_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows
from support.one_operator import line

from bettersynth.errors import UserError


@pytest.mark.parametrize("row", peers_rows("generate_qa_from_text_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


@pytest.mark.parametrize("pattern", ["Q:(.*)", "(a)(b)(c)"])
def test_a_pattern_has_two_groups(pattern):
    with pytest.raises(UserError, match=r"groups; it needs two, for question and answer"):
        line("generate_qa_from_text_mapper", output_pattern=pattern)
