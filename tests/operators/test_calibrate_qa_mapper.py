"""calibrate_qa_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1 or better."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written

ROWS = peers_rows("calibrate_qa_mapper")
# Data-Juicer cuts an answer at its first line end, and reads none with anything before its mark
OTHER = {
    "【问题】\n新问题？\n【回答】\n 新回答。\n第二行 ": {
        "query": "新问题？",
        "response": "新回答。\n第二行",
    },
    "好的：\n【问题】a b【回答】c": {"query": "a b", "response": "c"},
    " 【问题】 x 【回答】 ": {"query": "x"},
}


@pytest.mark.parametrize("row", [row for row in ROWS if row["answer"] not in OTHER])
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row["answer"] in OTHER])
def test_whole_answers_are_read_where_data_juicer_loses_some(row):
    asked, made, _ = written(row["op"], row["sample"], row["answer"])
    assert asked[0].user == row["asked"]
    assert made == [row["sample"] | OTHER[row["answer"]]]
    assert made != [row["result"]]
