"""Conversation templates (gemma, v1, plain), their tokens with `<image>` placeholders, and the mask of what is supervised.

A supervised answer is found by splitting the rendered text at the template's separators and counting tokens, as the reference does. Where
that count disagrees with the real one (an empty answer, a separator inside a text) the whole conversation is masked: `Encoded.problem`
then holds the reason.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.errors import UserError
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.settings.training import Template

IMAGE_TOKEN = "<image>"
TEMPLATES: tuple[Template, ...] = ("gemma", "v1", "plain")
V1_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
ROUND_END = {"gemma": "<eos>", "v1": "</s>"}
ANSWER_START = {"gemma": "<start_of_turn>model\n", "v1": " ASSISTANT: "}
Turn = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Encoded:
    """One conversation as tokens: ids (-200 for `<image>`) and labels (-100 where not supervised), both int64 `[T]`."""

    input_ids: Tensor
    labels: Tensor
    problem: str = ""


def check_turns(conversations: Sequence[Turn], where: str) -> list[Turn]:
    """Return the turns without a leading answer.

    Raises:
        UserError: turns do not alternate between human and gpt, or one lacks `from` or `value`.
    """
    turns = list(conversations)
    for turn in turns:
        if (
            not isinstance(turn, dict)
            or not isinstance(turn.get("from"), str)
            or not isinstance(turn.get("value"), str)
        ):
            raise UserError(f'{where}: every turn needs "from" and "value"; found {str(turn)[:80]}')
    if turns and turns[0]["from"] == "gpt":
        turns = turns[1:]
    for k, turn in enumerate(turns):
        wanted = ("human", "gpt")[k % 2]
        if turn["from"] != wanted:
            raise UserError(
                f"{where}: turn {k + 1} is from {turn['from']!r}; turns must alternate, this one should be from {wanted!r}"
            )
    if not turns:
        raise UserError(f"{where}: the conversation is empty")
    return turns


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
    """Return the template's text; a last turn without text (`""`) opens the answer that is to be generated."""
    if template == "plain":
        return "".join(f"{turn['value']}\n" for turn in turns)
    text = V1_SYSTEM + " " if template == "v1" else ""
    for k, turn in enumerate(turns):
        answer, value = k % 2 == 1, turn["value"]
        if template == "gemma":
            text += f"<start_of_turn>{'model' if answer else 'user'}\n"
            if value:
                text += f"{value}<end_of_turn>\n" + ("<eos>" if answer else "")
        else:
            role = "ASSISTANT" if answer else "USER"
            text += f"{role}: {value}" + ("</s>" if answer else " ") if value else f"{role}:"
    return text


def prompt_text(question: str, template: Template, with_image: bool = True) -> str:
    """Return the text up to where the model answers `question`."""
    value = f"{IMAGE_TOKEN}\n{question}" if with_image else question
    if template == "plain":
        return IMAGE_TOKEN if with_image else ""
    return render([{"from": "human", "value": value}, {"from": "gpt", "value": ""}], template)


class PieceTokens:
    """Token ids of text, remembered: conversations share most of their pieces. Also the two special ids that the masks need."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, remembered: int = 8192) -> None:
        self.tokenizer = tokenizer
        self.bos, self.pad, self.longest = (
            tokenizer.bos_token_id,
            tokenizer.pad_token_id,
            tokenizer.model_max_length,
        )
        self.legacy = bool(getattr(tokenizer, "legacy", True))
        self.of = functools.lru_cache(remembered)(
            lambda piece: tokenizer(piece, verbose=False).input_ids
        )

    def with_images(self, text: str) -> list[int]:
        """Return ids with -200 for each `<image>`: pieces between are tokenised alone, and only the first keeps its BOS."""
        ids: list[int] = []
        for k, piece in enumerate(text.split(IMAGE_TOKEN)):
            tokens = self.of(piece)
            if k:
                ids.append(IMAGE_TOKEN_INDEX)
                tokens = tokens[1:] if tokens and tokens[0] == self.bos else tokens
            ids += tokens
        return ids


def tokenize_with_images(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return token ids with -200 for each `<image>`."""
    return PieceTokens(tokenizer).with_images(text)


def encode(
    conversations: Sequence[Turn],
    tokenizer: PreTrainedTokenizerBase,
    template: Template,
    has_image: bool,
    where: str = "conversation",
    pieces: PieceTokens | None = None,
) -> Encoded:
    """Return tokens and labels of one conversation; `pieces` remembers tokens between calls.

    Text without an image is cut to the tokenizer's `model_max_length`; with one it is not (the collator cuts).

    Raises:
        UserError: wrong roles, or another template than gemma, v1, plain.
    """
    if template not in TEMPLATES:
        raise UserError(f"template is {template!r}; allowed: {', '.join(TEMPLATES)}")
    turns = check_turns(conversations, where)
    turns = move_image_first(turns) if has_image else turns
    pieces = pieces or PieceTokens(tokenizer)
    if template == "plain":
        return _encode_plain(turns, pieces, where)
    text = render(turns, template)
    cut = {"truncation": True, "max_length": tokenizer.model_max_length}
    ids = pieces.with_images(text) if has_image else tokenizer(text, **cut).input_ids
    input_ids = torch.tensor(ids, dtype=torch.int64)
    labels, problem = _supervised(text, input_ids, pieces, template, has_image)
    return Encoded(input_ids, labels, problem)


def _encode_plain(turns: list[Turn], pieces: PieceTokens, where: str) -> Encoded:
    if len(turns) != 2 or IMAGE_TOKEN not in turns[0]["value"]:
        raise UserError(
            f"{where}: the plain template needs one question with <image> and one answer"
        )
    input_ids = torch.tensor(
        pieces.with_images(f"{IMAGE_TOKEN}{turns[1]['value']}\n"), dtype=torch.int64
    )
    labels = input_ids.clone()
    labels[: len(pieces.with_images(IMAGE_TOKEN))] = IGNORE_INDEX
    return Encoded(input_ids, labels)


def _supervised(
    text: str, input_ids: Tensor, pieces: PieceTokens, template: Template, has_image: bool
) -> tuple[Tensor, str]:
    """Return labels and the reason why all of them are masked ("" if they are not)."""

    def length(piece: str) -> int:
        return len(pieces.with_images(piece) if has_image else pieces.of(piece))

    start = ANSWER_START[template]
    # A vicuna question ends in " ASSISTANT: " whose last blank belongs to the answer's first token; newer Llama tokenizers also drop the
    # blank that older ones put after </s>, so from the second round on each count is one too high.
    extra = 1 if template == "v1" else 0
    newer = template == "v1" and not pieces.legacy
    labels, position, problem = input_ids.clone(), 1, ""
    labels[:1] = IGNORE_INDEX
    for k, piece in enumerate(text.split(ROUND_END[template])):
        if not piece:
            break
        parts = piece.split(start)
        if len(parts) != 2:
            problem = f"{start.strip()!r} stands {len(parts) - 1} times in one round, once is right"
            break
        drop = 1 if newer and k else 0
        question = length(parts[0] + start) - 1 - extra - drop
        labels[position : position + question] = IGNORE_INDEX
        position += length(piece) - drop
    labels[position:] = IGNORE_INDEX
    real = int(input_ids.ne(pieces.pad).sum())
    if position != real and position < pieces.longest:
        labels[:] = IGNORE_INDEX
        return (
            labels,
            problem
            or f"the template's parts have {position} tokens, the whole text {real} (an empty answer or a separator inside a text)",
        )
    return labels, problem


def require_template_tokens(
    tokenizer: PreTrainedTokenizerBase, template: Template, where: str
) -> None:
    """Check that the tokenizer has what the template needs as single tokens.

    Raises:
        UserError: a token is missing, or there is no pad token.
    """
    needed: dict[str, Any] = {
        "gemma": ("<start_of_turn>", "<end_of_turn>", "<eos>"),
        "v1": ("</s>",),
        "plain": (),
    }[template]
    vocabulary = tokenizer.get_vocab()
    missing = [token for token in needed if token not in vocabulary]
    if missing:
        raise UserError(
            f"the tokenizer of {where} lacks {', '.join(missing)}, which the template {template} needs as single tokens"
        )
    if tokenizer.pad_token_id is None or tokenizer.bos_token_id is None:
        raise UserError(
            f"the tokenizer of {where} has no {'pad' if tokenizer.pad_token_id is None else 'bos'} token"
        )
