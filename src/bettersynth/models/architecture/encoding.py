"""Conversations as tokens with `<image>` placeholders, and the mask of what is supervised.

A supervised answer is found by splitting the rendered text at the template's separators and
counting tokens, as the reference does. Where that count disagrees with the real one (an empty
answer, a separator inside a text) the whole conversation is masked: `Encoded.problem` then holds
the reason.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.data.samples.llava import Turn, trained_turns
from bettersynth.errors import UserError
from bettersynth.models.architecture.conversation import (
    IMAGE_TOKEN,
    TEMPLATES,
    move_image_first,
    render,
)
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.settings.training import Template

# where the reference splits a text into rounds, and a round into question and answer
ROUND_END = {"gemma": "<eos>", "v1": "</s>"}
ANSWER_START = {"gemma": "<start_of_turn>model\n", "v1": " ASSISTANT: "}
TEMPLATE_TOKENS = {
    "gemma": ("<start_of_turn>", "<end_of_turn>", "<eos>"),
    "v1": ("</s>",),
    "plain": (),
}


@dataclasses.dataclass(frozen=True)
class Encoded:
    """One conversation as tokens, both int64 `[T]`."""

    input_ids: Tensor  # -200 for `<image>`
    labels: Tensor  # -100 where nothing is supervised
    problem: str = ""  # why nothing at all is


class PieceTokens:
    """Token ids of text, remembered: conversations share most of their pieces.

    Also the special ids and the length that the masks need.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, remembered: int = 8192) -> None:
        self.tokenizer = tokenizer
        self.bos = tokenizer.bos_token_id
        self.pad = tokenizer.pad_token_id
        self.longest = tokenizer.model_max_length
        # older Llama tokenizers put a blank behind special tokens; others have no such switch
        self.legacy = bool(getattr(tokenizer, "legacy", True))
        self.of = functools.lru_cache(remembered)(self._tokenize)

    def _tokenize(self, piece: str) -> list[int]:
        return self.tokenizer(piece, verbose=False).input_ids

    def with_images(self, text: str) -> list[int]:
        """Return ids with -200 for each `<image>`.

        The pieces between are tokenised alone, and only the first keeps its BOS.
        """
        ids: list[int] = []
        for position, piece in enumerate(text.split(IMAGE_TOKEN)):
            tokens = self.of(piece)
            if position:
                ids.append(IMAGE_TOKEN_INDEX)
                if tokens and tokens[0] == self.bos:
                    tokens = tokens[1:]
            ids += tokens
        return ids


def encode(
    conversations: Sequence[Turn],
    tokenizer: PreTrainedTokenizerBase,
    template: Template,
    has_image: bool,
    where: str = "conversation",
    pieces: PieceTokens | None = None,
) -> Encoded:
    """Return tokens and labels of one conversation; `pieces` remembers tokens between calls.

    Text without an image is cut to the tokenizer's `model_max_length`; with one it is not (the
    collator cuts).

    Raises:
        UserError: wrong roles, or another template than gemma, v1, plain.
    """
    if template not in TEMPLATES:
        raise UserError(f"template is {template!r}; allowed: {', '.join(TEMPLATES)}")
    turns = trained_turns(conversations, where)
    if has_image:
        turns = move_image_first(turns)
    pieces = pieces or PieceTokens(tokenizer)
    if template == "plain":
        return _encode_plain(turns, pieces, where)
    text = render(turns, template)
    if has_image:
        ids = pieces.with_images(text)
    else:
        ids = tokenizer(text, truncation=True, max_length=tokenizer.model_max_length).input_ids
    input_ids = torch.tensor(ids, dtype=torch.int64)
    labels, problem = _supervised(text, input_ids, pieces, template, has_image)
    return Encoded(input_ids, labels, problem)


def _encode_plain(turns: list[Turn], pieces: PieceTokens, where: str) -> Encoded:
    if len(turns) != 2 or IMAGE_TOKEN not in turns[0]["value"]:
        raise UserError(
            f"{where}: the plain template needs one question with <image> and one answer"
        )
    # the question is dropped: stage 1 learns captions from the picture alone, as the reference
    ids = pieces.with_images(f"{IMAGE_TOKEN}{turns[1]['value']}\n")
    input_ids = torch.tensor(ids, dtype=torch.int64)
    # all of a plain caption is supervised, but for the picture in front of it
    labels = input_ids.clone()
    labels[: len(pieces.with_images(IMAGE_TOKEN))] = IGNORE_INDEX
    return Encoded(input_ids, labels)


def _supervised(
    text: str, input_ids: Tensor, pieces: PieceTokens, template: Template, has_image: bool
) -> tuple[Tensor, str]:
    """Return labels `[T]` of ids `[T]`, and the reason why all of them are masked ("" if not)."""
    start = ANSWER_START[template]
    # A vicuna question ends in " ASSISTANT: " whose last blank belongs to the answer's first token
    blank = 1 if template == "v1" else 0
    # Newer Llama tokenizers also drop the blank that older ones put after </s>, so that from the
    # second round on each count is one too high.
    newer = template == "v1" and not pieces.legacy
    labels = input_ids.clone()
    # nothing predicts BOS
    labels[:1] = IGNORE_INDEX
    # the first token is BOS
    position = 1
    problem = ""
    for number, piece in enumerate(text.split(ROUND_END[template])):
        # text ends with a separator, so that the last piece is empty
        if not piece:
            break
        parts = piece.split(start)
        if len(parts) != 2:
            problem = f"{start.strip()!r} stands {len(parts) - 1} times in one round, once is right"
            break
        dropped = 1 if newer and number else 0
        # a piece is counted with a BOS of its own, which the text has not there
        asked = _count_tokens(parts[0] + start, pieces, has_image) - 1 - blank - dropped
        labels[position : position + asked] = IGNORE_INDEX
        # the BOS that is counted with a piece makes up for the round's end, which was split away
        position += _count_tokens(piece, pieces, has_image) - dropped
    labels[position:] = IGNORE_INDEX
    # padding is not part of the text
    real = int(input_ids.ne(pieces.pad).sum())
    if position == real or position >= pieces.longest:
        return labels, problem
    labels[:] = IGNORE_INDEX
    if not problem:
        problem = (
            f"the template's parts have {position} tokens, the whole text {real} (an empty answer "
            "or a separator inside a text)"
        )
    return labels, problem


def _count_tokens(piece: str, pieces: PieceTokens, has_image: bool) -> int:
    return len(pieces.with_images(piece) if has_image else pieces.of(piece))


def require_template_tokens(
    tokenizer: PreTrainedTokenizerBase, template: Template, where: str
) -> None:
    """Check that the tokenizer has what the template needs as single tokens.

    Raises:
        UserError: a token is missing, or there is no pad or bos token.
    """
    vocabulary = tokenizer.get_vocab()
    missing = [token for token in TEMPLATE_TOKENS[template] if token not in vocabulary]
    if missing:
        raise UserError(
            f"the tokenizer of {where} lacks {', '.join(missing)}, which the template {template} "
            "needs as single tokens"
        )
    for kind in ("pad", "bos"):
        if getattr(tokenizer, f"{kind}_token_id") is None:
            raise UserError(f"the tokenizer of {where} has no {kind} token")
