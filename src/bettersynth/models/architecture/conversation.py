"""Conversations as the text of a template: gemma, v1 (vicuna) or plain (a bare caption)."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.errors import UserError
from bettersynth.settings.training import Template

IMAGE_TOKEN = "<image>"
TEMPLATES: tuple[Template, ...] = ("gemma", "v1", "plain")
# vicuna's own words: its weights were trained with them, so they may not change
V1_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
Turn = dict[str, str]


def check_turns(conversations: Sequence[Turn], where: str) -> list[Turn]:
    """Return the turns without a leading answer.

    Raises:
        UserError: turns do not alternate between human and gpt, or one lacks `from` or `value`.
    """
    turns = list(conversations)
    for turn in turns:
        if not _is_turn(turn):
            raise UserError(f'{where}: every turn needs "from" and "value"; found {str(turn)[:80]}')
    # the reference drops a leading answer too: nothing asked for it
    if turns and turns[0]["from"] == "gpt":
        turns = turns[1:]
    for position, turn in enumerate(turns):
        # LLaVA's names of the two roles, whatever the template calls them
        wanted = ("human", "gpt")[position % 2]
        if turn["from"] != wanted:
            raise UserError(
                f"{where}: turn {position + 1} is from {turn['from']!r}; turns must alternate, "
                f"this one should be from {wanted!r}"
            )
    if not turns:
        raise UserError(f"{where}: the conversation is empty")
    return turns


def _is_turn(turn: object) -> bool:
    if not isinstance(turn, dict):
        return False
    return isinstance(turn.get("from"), str) and isinstance(turn.get("value"), str)


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
    # a turn's role follows from its place: `check_turns` has seen that they alternate
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
