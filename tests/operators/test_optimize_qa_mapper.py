"""optimize_qa_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written
from support.one_operator import line

from bettersynth.errors import UserError


@pytest.mark.parametrize("row", peers_rows("optimize_qa_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_a_sample_without_an_answer_of_its_own_is_not_asked_about():
    asked, made, reason = written("optimize_qa_mapper", {"query": "why?", "response": None}, "x")
    assert (asked, made, reason) == ([], [], "response is None, no text")


def test_a_pattern_has_two_groups():
    with pytest.raises(UserError, match=r"has 1 groups; it needs two, for question and answer"):
        line("optimize_qa_mapper", output_pattern="A:(.*)")
