from __future__ import annotations

import json

import pytest
from support.mgm_reference import PREPROCESS

from bettersynth.data.samples.llava import trained_turns
from bettersynth.models.architecture.conversation import (
    IMAGE_TOKEN,
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


def test_prompts_equal_the_reference():
    prompts = json.loads((PREPROCESS / "prompts.json").read_text())
    texts = ["<image>\nWhat is it?", "a dog", "Sure?", "yes"]
    turns = [{"from": ("human", "gpt")[k % 2], "value": text} for k, text in enumerate(texts)]
    for template in ("gemma", "v1"):
        assert prompt_text("What is it?", template) == prompts[template]
        assert render(turns, template) == prompts[f"{template}_full"]
    assert render(turns[:1], "plain") == prompts["plain"]
    assert IMAGE_TOKEN not in prompt_text("What is it?", "gemma", with_image=False)
