"""optimize_query_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written


@pytest.mark.parametrize("row", peers_rows("optimize_query_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_other_fields_may_hold_the_pair():
    keys = {"query_key": "ask", "response_key": "say"}
    sample = {"ask": "why?", "say": "so"}
    (question,), made, _ = written("optimize_query_mapper", sample, "why so?", **keys)
    assert question.user.endswith("why?\n【回答】\nso")
    assert made == [{"ask": "why so?", "say": "so"}]
