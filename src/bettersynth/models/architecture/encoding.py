"""Conversations as tokens with `<image>` placeholders, and the mask of what is supervised.

A supervised answer is found by splitting the rendered text at the template's separators and
counting tokens, as the reference does. Where that count disagrees with the real one (an empty
answer, a separator inside a text) the whole conversation is masked: `Encoded.problem` then holds
the reason. `v0` counts nothing: its questions are masked one by one.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.data.samples.llava import LLAVA_TOKEN, Turn, trained_turns
from bettersynth.errors import UserError
from bettersynth.models.architecture.conversation import (
    BOUNDED_IMAGE,
    TEMPLATES,
    WORDINGS,
    move_image_first,
    render,
    v0_parts,
)
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.settings.training import Template


class Rounds(NamedTuple):
    """Where the reference splits a text into rounds, and a round into question and answer."""

    end: str
    answer_start: str
    # how many `end` a round has: one, or one behind the question as well
    ends: int = 1


ROUNDS = {
    "gemma": Rounds("<eos>", WORDINGS["gemma"].answer.before),
    "v1": Rounds("</s>", " ASSISTANT: "),
    "mistral_instruct": Rounds("</s>", "[/INST] "),
    "llama_3": Rounds("<|eot_id|>", f"<|eot_id|>{WORDINGS['llama_3'].answer.before}", ends=2),
    "chatml": Rounds("<|im_end|>", f"<|im_end|>{WORDINGS['chatml'].answer.before}", ends=2),
}
TEMPLATE_TOKENS = {
    "gemma": ("<start_of_turn>", "<end_of_turn>", "<eos>"),
    "v1": ("</s>",),
    "plain": (),
    "llama_3": ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "mistral_instruct": ("<s>", "</s>"),
    "chatml": ("<|im_start|>", "<|im_end|>"),
    "v0": (),
}


@dataclasses.dataclass(frozen=True)
class Encoded:
    """One conversation as tokens, both int64 `[T]`."""

    input_ids: Tensor  # -200 for `<image>`
    labels: Tensor  # -100 where nothing is supervised
    problem: str = ""  # why nothing at all is


class PieceTokens:
    """Token ids of text, remembered: conversations share most of their pieces.

    Also the special ids and the length that the masks need. With `image_bounds` each `<image>`
    stands between the tokens that mark its start and end.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        remembered: int = 8192,
        image_bounds: bool = False,
    ) -> None:
        self.tokenizer = tokenizer
        self.image_bounds = image_bounds
        self.bos = tokenizer.bos_token_id
        self.pad = tokenizer.pad_token_id
        self.longest = tokenizer.model_max_length
        # older Llama tokenizers (True) put a blank behind special tokens; others don't say
        self.legacy: bool | None = getattr(tokenizer, "legacy", tokenizer.init_kwargs.get("legacy"))
        self.of = functools.lru_cache(remembered)(self._tokenize)

    def _tokenize(self, piece: str) -> list[int]:
        return self.tokenizer(piece, verbose=False).input_ids

    def with_images(self, text: str) -> list[int]:
        """Return ids with -200 for each `<image>`.

        The pieces between are tokenised alone, and only the first keeps its BOS.
        """
        if self.image_bounds:
            text = text.replace(LLAVA_TOKEN, BOUNDED_IMAGE)
        ids: list[int] = []
        for position, piece in enumerate(text.split(LLAVA_TOKEN)):
            tokens = self.of(piece)
            if position:
                ids.append(IMAGE_TOKEN_INDEX)
                if tokens and tokens[0] == self.bos:
                    tokens = tokens[1:]
            ids += tokens
        return ids

    def cut(self, text: str) -> list[int]:
        """Return ids of a text without pictures, at most as many as the tokenizer's longest."""
        return self.tokenizer(text, truncation=True, max_length=self.longest).input_ids


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
        UserError: wrong roles, or no such template.
    """
    if template not in TEMPLATES:
        raise UserError(f"template is {template!r}; allowed: {', '.join(TEMPLATES)}")
    turns = trained_turns(conversations, where)
    if template == "v0":
        # a leading answer is trained on: the reference drops it in all others
        turns = list(conversations)
    if has_image:
        turns = move_image_first(turns)
    pieces = pieces or PieceTokens(tokenizer)
    if template == "plain":
        return _encode_plain(turns, pieces, where)
    if template == "v0":
        return _encode_v0(turns, pieces, has_image)
    text = render(turns, template)
    ids = pieces.with_images(text) if has_image else pieces.cut(text)
    input_ids = torch.tensor(ids, dtype=torch.int64)
    labels, problem = _supervised(text, input_ids, pieces, template, has_image)
    return Encoded(input_ids, labels, problem)


def _encode_plain(turns: list[Turn], pieces: PieceTokens, where: str) -> Encoded:
    if len(turns) != 2 or LLAVA_TOKEN not in turns[0]["value"]:
        raise UserError(
            f"{where}: the plain template needs one question with <image> and one answer"
        )
    # the question is dropped: stage 1 learns captions from the picture alone, as the reference
    ids = pieces.with_images(f"{LLAVA_TOKEN}{turns[1]['value']}\n")
    input_ids = torch.tensor(ids, dtype=torch.int64)
    # all of a plain caption is supervised, but for the picture in front of it
    labels = input_ids.clone()
    labels[: len(pieces.with_images(LLAVA_TOKEN))] = IGNORE_INDEX
    return Encoded(input_ids, labels)


def _encode_v0(turns: list[Turn], pieces: PieceTokens, has_image: bool) -> Encoded:
    parts = v0_parts(turns)
    text = "".join(parts)
    ids = pieces.with_images(text) if has_image else pieces.cut(text)
    input_ids = torch.tensor(ids, dtype=torch.int64)
    labels = input_ids.clone()
    position = _count_v0_tokens(parts[0], pieces, has_image)
    labels[:position] = IGNORE_INDEX
    for turn, part in zip(turns, parts[1:], strict=False):
        length = _count_v0_tokens(part, pieces, has_image)
        if turn["from"] == "human":
            # the two tokens of `### ` end the answer before, and are learned with it
            labels[position + 2 : position + length] = IGNORE_INDEX
        # Each part is counted with a BOS that the text has not, as in the reference: masks slip
        # to the right by one token a turn.
        position += length
    return Encoded(input_ids, labels)


def _count_v0_tokens(part: str, pieces: PieceTokens, has_image: bool) -> int:
    if has_image:
        return len(pieces.with_images(part))
    return sum(token != pieces.pad for token in pieces.cut(part))


def _supervised(
    text: str, input_ids: Tensor, pieces: PieceTokens, template: Template, has_image: bool
) -> tuple[Tensor, str]:
    """Return labels `[T]` of ids `[T]`, and the reason why all of them are masked ("" if not)."""
    start = ROUNDS[template].answer_start
    # These questions end in a blank that belongs to the answer's first token
    blank = 1 if start.endswith(" ") else 0
    labels = input_ids.clone()
    # the first token is BOS, which nothing predicts; chatml is for tokenizers without
    position = 0 if template == "chatml" else 1
    labels[:position] = IGNORE_INDEX
    problem = ""
    for number, piece in enumerate(_rounds(text, template)):
        # text ends with a separator, so that the last piece is empty
        if not piece:
            break
        parts = piece.split(start)
        if len(parts) != 2:
            problem = f"{start.strip()!r} stands {len(parts) - 1} times in one round, once is right"
            break
        added = _added_tokens(template, pieces, number)
        # a piece is counted with a BOS of its own, which the text has not there
        asked = _count_tokens(parts[0] + start, pieces, has_image) - 1 - blank + added
        labels[position : position + asked] = IGNORE_INDEX
        # the BOS that is counted with a piece makes up for the round's end, which was split away
        position += _count_tokens(piece, pieces, has_image) + added
    labels[position:] = IGNORE_INDEX
    # padding is not part of the text
    real = int(input_ids.ne(pieces.pad).sum())
    if position == real or position >= pieces.longest:
        return labels, problem
    labels[:] = IGNORE_INDEX
    if not problem:
        problem = (
            f"the template's parts have {position} tokens, the whole text {real} (an empty answer, "
            "a separator inside a text, or another tokenizer than the template is for)"
        )
    return labels, problem


def _rounds(text: str, template: Template) -> list[str]:
    end = ROUNDS[template].end
    pieces = text.split(end)
    if ROUNDS[template].ends == 1:
        return pieces
    # the system's words belong to the first round
    rounds = [end.join(pieces[:3])]
    for start in range(3, len(pieces), 2):
        rounds.append(end.join(pieces[start : start + 2]))
    return rounds


def _added_tokens(template: Template, pieces: PieceTokens, number: int) -> int:
    """Return what the reference adds to the tokens that it counts in round `number`, from 0."""
    # Newer Llama tokenizers drop the blank that older ones put after </s>, so that from the second
    # round on each count is one too high.
    if template == "v1" and pieces.legacy is False and number:
        return -1
    # the round's end: no BOS is counted that would make up for it
    return 1 if template == "chatml" and pieces.legacy else 0


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
    if template == "chatml" and not PieceTokens(tokenizer).legacy:
        raise UserError(
            f"the tokenizer of {where} does not fit the template chatml: it is for Llama's older "
            "tokenizers (`legacy: true` in tokenizer_config.json), others mask all answers"
        )
    for kind in ("pad", "bos"):
        if getattr(tokenizer, f"{kind}_token_id") is None:
            raise UserError(f"the tokenizer of {where} has no {kind} token")
