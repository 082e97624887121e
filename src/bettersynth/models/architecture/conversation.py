"""Conversations as the text of a template: gemma, v1 (vicuna) or plain (a bare caption)."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.data.samples.llava import Turn
from bettersynth.settings.training import Template

IMAGE_TOKEN = "<image>"
TEMPLATES: tuple[Template, ...] = ("gemma", "v1", "plain")
# vicuna's own words: its weights were trained with them, so they may not change
V1_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)


def move_image_first(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns with `<image>` on a line of its own before the rest of its text."""
    moved = []
    for turn in turns:
        value = turn["value"]
        if IMAGE_TOKEN in value:
            rest = value.replace(IMAGE_TOKEN, "").strip()
            value = f"{IMAGE_TOKEN}\n{rest}".strip()
        moved.append({"from": turn["from"], "value": value})
    return moved


def render(turns: Sequence[Turn], template: Template) -> str:
    """Return the template's text.

    A last turn without text (`""`) opens the answer that is to be generated.
    """
    if template == "plain":
        return "".join(f"{turn['value']}\n" for turn in turns)
    text = f"{V1_SYSTEM} " if template == "v1" else ""
    # a turn's role follows from its place: `trained_turns` has seen that they alternate
    render_turn = _gemma_turn if template == "gemma" else _v1_turn
    for position, turn in enumerate(turns):
        text += render_turn(turn["value"], is_answer=position % 2 == 1)
    return text


def _gemma_turn(value: str, is_answer: bool) -> str:
    start = f"<start_of_turn>{'model' if is_answer else 'user'}\n"
    if not value:
        return start
    # in the reference an answer ends with <eos> too, behind Gemma's own <end_of_turn>
    end = "<eos>" if is_answer else ""
    return f"{start}{value}<end_of_turn>\n{end}"


def _v1_turn(value: str, is_answer: bool) -> str:
    role = "ASSISTANT" if is_answer else "USER"
    if not value:
        return f"{role}:"
    end = "</s>" if is_answer else " "
    return f"{role}: {value}{end}"


def prompt_text(question: str, template: Template, with_image: bool = True) -> str:
    """Return the text up to where the model answers `question`."""
    if template == "plain":
        return IMAGE_TOKEN if with_image else ""
    value = f"{IMAGE_TOKEN}\n{question}" if with_image else question
    return render([{"from": "human", "value": value}, {"from": "gpt", "value": ""}], template)
