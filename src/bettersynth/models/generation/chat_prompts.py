"""What a chat model is told before it sees a picture.

The modes are those of Data-Juicer's `image_captioning_from_gpt4v_mapper`.
"""

from __future__ import annotations

from typing import Literal

Mode = Literal["reasoning", "resoning", "description", "conversation", "custom"]
"""The second is Data-Juicer's spelling."""

ANSWER_FORM = (
    "Write each question on a line that begins with `Q:` and each answer on a line that begins "
    "with `A:`, and nothing else."
)
SYSTEM_PROMPTS = {
    "reasoning": (
        "You see one picture. Ask one hard question about it that can only be answered by thinking "
        "about what is seen, without giving the seen things away in the question. Then answer it "
        "step by step, from the picture and from what is commonly known. " + ANSWER_FORM
    ),
    "description": (
        "You see one picture. Ask for a description of it in one sentence, then describe what is "
        "seen in detail: things, their number, colour, place and what they do. Say nothing that "
        "cannot be seen. " + ANSWER_FORM
    ),
    "conversation": (
        "You see one picture. Write a conversation of a person who asks about it and an assistant "
        "who sees it: about the kinds, number, actions and places of things and how they lie to "
        "each other, and one or two questions that need some background. Ask only what can be "
        "answered with certainty from the picture. " + ANSWER_FORM
    ),
}


def system_prompt(mode: Mode, custom: str) -> str:
    """Return what the model is told; `custom` serves for the mode of that name."""
    if mode == "custom":
        return custom
    return SYSTEM_PROMPTS["reasoning" if mode == "resoning" else mode]
