"""optimize_prompt_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1 of one row."""

from __future__ import annotations

import pytest
from support.chat_fields import peers_rows, written
from support.one_operator import line

from bettersynth.errors import UserError

NAME = "optimize_prompt_mapper"
# what Data-Juicer says before an example, where a recipe does not say it; and what is said here
INTRODUCTIONS = ("如下是一条示例数据：\n", "Example:\n")


def words_alone(asked):
    for introduction in INTRODUCTIONS:
        asked = asked.replace(introduction, "")
    return [word for word in asked.split("\n") if word]


@pytest.mark.parametrize("row", peers_rows(NAME))
def test_it_asks_and_reads_as_data_juicer(row):
    asked, made, reason = written(NAME, row["sample"], *row["answers"], **row["settings"])
    assert [words_alone(question.user) for question in asked] == [
        words_alone(words) for words in row["asked"]
    ]
    new = [sample for sample in row["result"] if sample != row["sample"]]
    assert made == new
    assert bool(reason) == (not new)


def test_a_row_of_which_nothing_is_made_has_its_reason():
    _, made, reason = written(NAME, {"prompt": "a"}, "none", "【提示词】", "none", gen_num=1)
    assert (made, reason) == ([], "no prompt in 3 answers: output_pattern finds no prompt")
    asked, made, reason = written(NAME, {"prompt": " "}, "【提示词】b")
    assert (asked, made, reason) == ([], [], "prompt is ' ', no text")


def test_a_pattern_has_one_group():
    with pytest.raises(UserError, match="must have one group, for the new prompt"):
        line(NAME, output_pattern="A:.*")
