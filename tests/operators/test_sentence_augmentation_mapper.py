"""sentence_augmentation_mapper: what it asks and makes of answers, as Data-Juicer 1.6.1."""

from __future__ import annotations

import pytest
from support.chat_fields import differences, peers_rows, written
from support.one_operator import line

from bettersynth.errors import UserError


@pytest.mark.parametrize("row", peers_rows("sentence_augmentation_mapper"))
def test_it_asks_and_reads_as_data_juicer(row):
    assert differences(row) == []


def test_an_empty_answer_is_no_sentence():
    settings = {"task_sentence": "Go.", "text_key_second": "second"}
    _, made, reason = written("sentence_augmentation_mapper", {"text": "a"}, ' "" ', **settings)
    assert (made, reason) == ([], "nothing to read in 1 answers: the answer is empty")


@pytest.mark.parametrize("setting", ["task_sentence", "text_key_second"])
def test_task_and_field_must_be_named(setting):
    settings = {"task_sentence": "Go.", "text_key_second": "second"}
    del settings[setting]
    with pytest.raises(UserError, match=f"_mapper lacks the setting {setting}"):
        line("sentence_augmentation_mapper", **settings)
