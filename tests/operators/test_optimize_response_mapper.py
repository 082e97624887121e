"""optimize_response_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written


@pytest.mark.parametrize("row", peers_rows("optimize_response_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_what_is_told_can_be_replaced():
    sample = {"query": "why?", "response": "so"}
    (question,), _, _ = written("optimize_response_mapper", sample, "x", system_prompt="shorter")
    assert question.system == "shorter"
