"""calibrate_query_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written


@pytest.mark.parametrize("row", peers_rows("calibrate_query_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_a_text_without_words_is_nothing_to_calibrate_by():
    sample = {"text": "<__dj__image>", "query": "why?", "response": "so"}
    _, made, reason = written("calibrate_query_mapper", sample, "x")
    assert (made, reason) == ([], "the text has no words")
