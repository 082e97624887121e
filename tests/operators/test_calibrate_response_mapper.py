"""calibrate_response_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written


@pytest.mark.parametrize("row", peers_rows("calibrate_response_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_a_pattern_finds_the_answer_in_more_words():
    sample = {"text": "a", "query": "why?", "response": "so"}
    pattern = {"output_pattern": r"New:\s*(.*)"}
    for answer, read in (("New: because", "because"), ("because", "because")):
        _, made, _ = written("calibrate_response_mapper", sample, answer, **pattern)
        assert made[0]["response"] == read
