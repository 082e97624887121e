"""Conversations as the text of a template; docs/training.md has a table of the templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

from bettersynth.data.samples.llava import LLAVA_TOKEN, Turn
from bettersynth.settings.training import Template

TEMPLATES: tuple[Template, ...] = get_args(Template)
# a picture with `model.mm_use_im_start_end`
IMAGE_START = "<im_start>"
IMAGE_END = "<im_end>"
BOUNDED_IMAGE = f"{IMAGE_START}{LLAVA_TOKEN}{IMAGE_END}"


class Speaker(NamedTuple):
    """What stands around the words of one who speaks."""

    before: str
    after: str
    opening: str  # instead of both where there are no words (yet)


class Wording(NamedTuple):
    """All that a template adds to a conversation."""

    system: str
    question: Speaker
    answer: Speaker


# Decoders were trained with these very words, so none of them may change: system sentences, and
# that the reference lets `system` give the answers of llama_3.
V1_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
V0_SYSTEM = (
    "A chat between a curious human and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the human's questions."
)
LLAMA_3_SYSTEM = (
    "You are a helpful language and vision assistant. You are able to understand the visual "
    "content that the user provides, and assist the user with a variety of tasks using natural "
    "language."
)
LLAMA_3_USER = "<|start_header_id|>user<|end_header_id|>\n\n"
LLAMA_3_ASSISTANT = "<|start_header_id|>system<|end_header_id|>\n\n"
CHATML_USER = "<|im_start|>user\n"
CHATML_ASSISTANT = "<|im_start|>assistant\n"
GEMMA_USER = "<start_of_turn>user\n"
GEMMA_MODEL = "<start_of_turn>model\n"

WORDINGS: dict[Template, Wording] = {
    "gemma": Wording(
        "",
        Speaker(GEMMA_USER, "<end_of_turn>\n", GEMMA_USER),
        # in the reference an answer ends with <eos> too, behind Gemma's own <end_of_turn>
        Speaker(GEMMA_MODEL, "<end_of_turn>\n<eos>", GEMMA_MODEL),
    ),
    "v1": Wording(
        f"{V1_SYSTEM} ",
        Speaker("USER: ", " ", "USER:"),
        Speaker("ASSISTANT: ", "</s>", "ASSISTANT:"),
    ),
    "llama_3": Wording(
        f"{LLAMA_3_ASSISTANT}{LLAMA_3_SYSTEM}<|eot_id|>",
        Speaker(LLAMA_3_USER, "<|eot_id|>", LLAMA_3_USER),
        Speaker(LLAMA_3_ASSISTANT, "<|eot_id|>", LLAMA_3_ASSISTANT),
    ),
    "mistral_instruct": Wording(
        "",
        Speaker("<s>[INST] ", " [/INST]", ""),
        Speaker(" ", " </s>", ""),
    ),
    "chatml": Wording(
        "<|im_start|>system\nAnswer the questions.<|im_end|>",
        Speaker(CHATML_USER, "<|im_end|>", CHATML_USER),
        Speaker(CHATML_ASSISTANT, "<|im_end|>", CHATML_ASSISTANT),
    ),
    "v0": Wording(
        f"{V0_SYSTEM}###",
        Speaker("Human: ", "###", "Human:"),
        Speaker("Assistant: ", "###", "Assistant:"),
    ),
}
# What a model writes when it has answered. It is less than what is trained on: of gemma's
# `<end_of_turn>\n<eos>` the first is enough.
ANSWER_END: dict[Template, str] = {
    "gemma": "<end_of_turn>",
    "v1": "</s>",
    "plain": "\n",
    "llama_3": "<|eot_id|>",
    "mistral_instruct": " </s>",
    "chatml": "<|im_end|>",
    # no token of its own: `### ` opens the next turn
    "v0": "\n###",
}


def move_image_first(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns with `<image>` on a line of its own before the rest of its text."""
    moved = []
    for turn in turns:
        value = turn["value"]
        if LLAVA_TOKEN in value:
            rest = value.replace(LLAVA_TOKEN, "").strip()
            value = f"{LLAVA_TOKEN}\n{rest}".strip()
        moved.append({"from": turn["from"], "value": value})
    return moved


def render(turns: Sequence[Turn], template: Template) -> str:
    """Return the template's text; of v0 the one that asks (`v0_parts` is the one to train on).

    A last turn without text (`""`) opens the answer that is to be generated.
    """
    if template == "plain":
        return "".join(f"{turn['value']}\n" for turn in turns)
    wording = WORDINGS[template]
    text = wording.system
    # a turn's role follows from its place: `trained_turns` has seen that they alternate
    for position, turn in enumerate(turns):
        speaker = wording.answer if position % 2 else wording.question
        value = turn["value"]
        text += f"{speaker.before}{value}{speaker.after}" if value else speaker.opening
    # the tokenizer writes the first one
    return text.removeprefix("<s>")


def v0_parts(turns: Sequence[Turn]) -> list[str]:
    """Return what v0 is trained on: the system's words, one text a turn, the closing `### `.

    The reference asks in another form than it trains: blanks and line ends differ.
    """
    parts = [f"{V0_SYSTEM}\n\n"]
    for turn in turns:
        role = "Human" if turn["from"] == "human" else "Assistant"
        parts.append(f"### {role}: {turn['value']}\n")
    return [*parts, "### "]


def prompt_text(question: str, template: Template, with_image: bool = True) -> str:
    """Return the text up to where the model answers `question`."""
    if template == "plain":
        return LLAVA_TOKEN if with_image else ""
    value = f"{LLAVA_TOKEN}\n{question}" if with_image else question
    return render([{"from": "human", "value": value}, {"from": "gpt", "value": ""}], template)


def answer_text(answer: str, template: Template) -> str:
    """Return an answer as it stands behind `prompt_text`, with what ends the turn."""
    if template == "plain":
        return f"{answer}{ANSWER_END[template]}"
    speaker = WORDINGS[template].answer
    blank = speaker.before.removeprefix(speaker.opening)
    return f"{blank}{answer}{ANSWER_END[template]}"
