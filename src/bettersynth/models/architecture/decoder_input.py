"""A planned batch as the decoder takes it: which rows it has, and which position sees which.

Letters in shapes: B conversations, R rows of L positions (one row a conversation, or packed).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from bettersynth.models.architecture.packing import pack
from bettersynth.models.architecture.splicing import SplicePlan


class DecoderInput(NamedTuple):
    """What goes into the decoder beside the embeddings."""

    source: Tensor  # int64 [R, L], row of the embeddings at each position
    labels: Tensor  # int64 [R, L]
    position_ids: Tensor | None  # int64 [R, L]
    mask: Tensor  # bool [R, L], false at padding
    decoder_mask: Tensor  # `mask`, or [R, 1, L, L] that the decoder adds to its scores


def plain_input(
    plan: SplicePlan, position_ids: Tensor | None, config: PreTrainedConfig, dtype: torch.dtype
) -> DecoderInput:
    """Return the batch of a plan with one row a conversation.

    With padding on the left, padding sees nothing before it: transformers 5 and the reference fill
    those rows differently (nobody reads them), so the reference's additive mask is built here.
    """
    mask = plan.attention_mask
    decoder_mask = mask
    # flash attention takes the plain mask alone
    takes_additive = config._attn_implementation in ("sdpa", "eager")
    if takes_additive and not mask[:, 0].all():
        decoder_mask = additive(causal_mask(mask), dtype)
    return DecoderInput(plan.source, plan.labels, position_ids, mask, decoder_mask)


def packed_input(
    plan: SplicePlan, padding: int, config: PreTrainedConfig, dtype: torch.dtype
) -> DecoderInput:
    """Return the batch of a plan with several conversations a row; `padding` as in `pack`."""
    packed = pack(plan, padding)
    visible = block_mask(packed.owner, getattr(config, "sliding_window", None))
    decoder_mask = additive(visible, dtype)
    return DecoderInput(
        packed.source, packed.labels, packed.position_ids, packed.owner >= 0, decoder_mask
    )


def block_mask(owner: Tensor, window: int | None = None) -> Tensor:
    """Return bool `[R, 1, L, L]`: a position sees itself and what its conversation has before it.

    `owner` is int64 `[R, L]`, the conversation of each position. With `window` (Mistral's sliding
    window) only the last `window` of these are seen. Padding sees the padding before it, so that no
    row of the mask is empty.
    """
    length = owner.shape[1]
    steps = torch.arange(length, device=owner.device)
    back = steps[:, None] - steps[None, :]
    # without a window everything before is near
    # [L, L], for all rows alike
    near = (back >= 0) & (back < (window or length))
    # [R, L, L]
    same = owner[:, :, None] == owner[:, None, :]
    return (near & same)[:, None]


def causal_mask(attention_mask: Tensor) -> Tensor:
    """Return bool `[B, 1, L, L]`: a position sees itself and what is before it, never padding.

    `attention_mask` is bool `[B, L]`.
    """
    length = attention_mask.shape[1]
    # [L, L]
    before = torch.ones(length, length, dtype=torch.bool, device=attention_mask.device).tril()
    return (before & attention_mask[:, None, :])[:, None]


def additive(visible: Tensor, dtype: torch.dtype) -> Tensor:
    """Return 0 where `visible` `[R, 1, L, L]` holds, else the lowest number of `dtype`."""
    mask = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
    # the lowest number and not -inf: a row that sees nothing would become nan
    return mask.masked_fill(~visible, torch.finfo(dtype).min)
