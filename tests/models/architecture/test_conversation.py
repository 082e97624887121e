from __future__ import annotations

import json

import pytest
from support.mgm_reference import PREPROCESS

from bettersynth.errors import UserError
from bettersynth.models.architecture.conversation import (
    IMAGE_TOKEN,
    check_turns,
    move_image_first,
    prompt_text,
    render,
)

CASES = json.loads((PREPROCESS / "conversations.json").read_text())


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c["has_image"] and c["template"] != "plain"],
    ids=lambda c: f"{c['tokenizer']}-{c['name']}",
)
def test_the_image_comes_first_as_in_the_reference(case):
    assert move_image_first(check_turns(case["conversations"], "")) == case["after_multimodal"]


def test_prompts_equal_the_reference():
    prompts = json.loads((PREPROCESS / "prompts.json").read_text())
    texts = ["<image>\nWhat is it?", "a dog", "Sure?", "yes"]
    turns = [{"from": ("human", "gpt")[k % 2], "value": text} for k, text in enumerate(texts)]
    for template in ("gemma", "v1"):
        assert prompt_text("What is it?", template) == prompts[template]
        assert render(turns, template) == prompts[f"{template}_full"]
    assert render(turns[:1], "plain") == prompts["plain"]
    assert IMAGE_TOKEN not in prompt_text("What is it?", "gemma", with_image=False)


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        (
            [("human", "a"), ("human", "b")],
            "sample 7: turn 2 is from 'human'; turns must alternate, this one should be from 'gpt'",
        ),
        ([("system", "a")], "turn 1 is from 'system'"),
        ([], "the conversation is empty"),
    ],
)
def test_wrong_roles_are_one_clear_error(turns, message):
    with pytest.raises(UserError, match=message):
        check_turns([{"from": role, "value": text} for role, text in turns], "sample 7")


def test_a_leading_answer_is_dropped():
    turns = [
        {"from": "gpt", "value": "hi"},
        {"from": "human", "value": "a"},
        {"from": "gpt", "value": "b"},
    ]
    assert [turn["value"] for turn in check_turns(turns, "")] == ["a", "b"]


def test_a_turn_without_value_is_refused():
    with pytest.raises(UserError, match='item 3: every turn needs "from" and "value"'):
        check_turns([{"from": "human"}], "item 3")
