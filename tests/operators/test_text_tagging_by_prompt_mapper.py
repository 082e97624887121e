"""text_tagging_by_prompt_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written
from support.one_operator import line

from bettersynth.errors import UserError


@pytest.mark.parametrize("row", peers_rows("text_tagging_by_prompt_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_the_prompt_has_places_for_tags_and_text_alone():
    _, made, _ = written("text_tagging_by_prompt_mapper", {"text": "a"}, "b", prompt="{text}")
    assert made == [{"text": "a", "__dj__text_tags__": ["b"]}]
    with pytest.raises(UserError, match=r"prompt '\{txt\}' cannot be filled; its places are"):
        line("text_tagging_by_prompt_mapper", prompt="{txt}")
