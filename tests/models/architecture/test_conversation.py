from __future__ import annotations

import json

import pytest
from support.mgm_reference import PREPROCESS

from bettersynth.data.samples.llava import LLAVA_TOKEN, trained_turns
from bettersynth.models.architecture.conversation import (
    answer_text,
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
    assert move_image_first(trained_turns(case["conversations"], "")) == case["after_multimodal"]


TURNS = [
    {"from": "human", "value": "<image>\nWhat is it?"},
    {"from": "gpt", "value": "a dog"},
    {"from": "human", "value": "Sure?"},
    {"from": "gpt", "value": "yes"},
]


@pytest.mark.parametrize("template", ["gemma", "v1", "llama_3", "mistral_instruct", "chatml", "v0"])
def test_prompts_equal_the_reference(template):
    prompts = json.loads((PREPROCESS / "prompts.json").read_text())
    prompts |= json.loads((PREPROCESS / "templates.json").read_text())["prompts"]
    assert prompt_text("What is it?", template) == prompts[template]
    assert render(TURNS, template) == prompts[f"{template}_full"]


@pytest.mark.parametrize("template", ["v1", "llama_3", "mistral_instruct", "chatml", "v0"])
def test_an_answer_stands_behind_its_prompt_as_it_was_trained(template):
    asked = prompt_text("What is it?", template)
    whole = render(TURNS[:2], template)
    # v0 is trained with a line end before its `###`, and asked without
    assert (asked + answer_text("a dog", template)).replace("\n###", "###") == whole


def test_a_prompt_without_a_picture_has_no_place_for_one():
    prompts = json.loads((PREPROCESS / "prompts.json").read_text())
    assert render(TURNS[:1], "plain") == prompts["plain"]
    assert LLAVA_TOKEN not in prompt_text("What is it?", "gemma", with_image=False)
