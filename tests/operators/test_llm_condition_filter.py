"""llm_condition_filter: Data-Juicer 1.6.1's reading of a yes, and what is asked."""

from __future__ import annotations

import pytest
from support.chat_fields import Canned, peers_rows
from support.one_operator import line, measured, measured_good, row_batch, text_batch

from bettersynth.errors import UserError
from bettersynth.operators.llm_condition_filter import is_yes

NAME = "llm_condition_filter"


@pytest.fixture
def chat(monkeypatch):
    chat = Canned("Yes.")
    monkeypatch.setattr("bettersynth.measuring.chat_asking.load_chat", lambda *_: chat)
    return chat


def test_an_answer_is_read_as_data_juicer_reads_it():
    unclear = []
    for row in peers_rows(NAME):
        try:
            assert is_yes(row["answer"]) == row["result"], row
        except ValueError:
            # no to Data-Juicer
            assert row["result"] is False
            unclear.append(row["answer"])
    assert unclear == ["Y.", "Certainly", ""]


def test_texts_that_meet_the_condition_stay_and_one_without_words_meets_none(chat):
    batch = text_batch("<__dj__image>\na dog", " ", "a dog")
    values, flags = measured(NAME, batch, condition="names an animal")
    assert values == {"llm_condition_filter_result": [True, False, True]}
    assert flags == [True, False, True]
    assert [question.user for question in chat.asked] == [
        "# Text\na dog\n\n# Condition\nnames an animal\n\nDoes the text meet the condition?"
    ]
    _, flags = measured(NAME, batch, condition="names an animal", reversed_range=True)
    assert flags == [False, True, False]


def test_knowledge_and_examples_are_told(chat):
    batch = row_batch({"text": "a", "about": "b"})
    shots = {"strategy": "few_shot", "examples": "like so"}
    measured(NAME, batch, condition="c", knowledge_grounding_key="about", **shots)
    assert chat.asked[0].user.startswith("# Examples\nlike so\n\n# Knowledge\nb\n\n# Text\na\n")
    measured(NAME, batch, condition="c", knowledge_grounding_fixed="known")
    assert chat.asked[1].user.startswith("# Knowledge\nknown\n\n# Text\na\n")


def test_what_is_neither_yes_nor_no_is_set_aside_after_all_tries(chat):
    chat.answers = ["Perhaps."]
    good = measured_good(NAME, text_batch("a"), condition="c", try_num=2)
    assert list(good.bad.values()) == ["neither yes nor no in 2 answers: it begins with 'Perhaps.'"]
    assert [question.number for question in chat.asked][-2:] == [0, 1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "llm_condition_filter lacks the setting condition"),
        ({"condition": "c", "strategy": "cot"}, "strategy"),
        ({"condition": "c", "examples": "e"}, "examples go with strategy few_shot, and with it"),
        ({"condition": "c", "is_hf_model": True}, "is_hf_model"),
    ],
)
def test_a_wrong_setting_is_one_line(settings, message):
    with pytest.raises(UserError, match=message):
        line(NAME, **settings)
