"""Putting image tokens in the place of `<image>`: where every position of the spliced sequence comes from."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bettersynth.errors import UserError

IMAGE_TOKEN_INDEX = -200
IGNORE_INDEX = -100


class SplicePlan(NamedTuple):
    """`source[b, t]` points into text positions (0 .. B*T-1), then image tokens, then one row of zeros for padding."""

    source: Tensor  # int64 [B, L]
    labels: Tensor  # int64 [B, L], -100 on image tokens and padding
    attention_mask: Tensor  # bool [B, L]


def plan_splice(
    input_ids: Tensor,
    attention_mask: Tensor,
    labels: Tensor,
    images: int,
    image_tokens: int,
    max_length: int | None = None,
    padding_side: str = "right",
) -> SplicePlan:
    """Plan the spliced batch of ids, mask and labels `[B, T]` with `images` blocks of `image_tokens` rows each.

    Padding is taken out by the mask first; each placeholder (-200) takes the next block; a row without one still uses up a block, as
    the reference does. Rows are cut to `max_length` (maybe inside an image), then padded to the longest on `padding_side`.

    Raises:
        UserError: more placeholders than images, or images left over.
    """
    batch, length = input_ids.shape
    slots = (
        torch.where(attention_mask.bool(), input_ids, 0).eq(IMAGE_TOKEN_INDEX).sum(1).clamp(min=1)
    )
    if int(slots.sum()) != images:
        raise UserError(
            f"the batch has {images} images for {int(slots.sum())} places (one for each <image>, and one for each conversation without); "
            "every conversation needs as many images as it has <image>"
        )
    device = input_ids.device
    first, sources, row_labels = batch * length, [], []
    for b in range(batch):
        kept = attention_mask[b].bool().nonzero().squeeze(1)
        ids = input_ids[b, kept]
        holes = (ids == IMAGE_TOKEN_INDEX).nonzero().squeeze(1).tolist()
        pieces, piece_labels, start = [], [], 0
        for hole in [*holes, len(ids)]:
            pieces.append(kept[start:hole] + b * length)
            piece_labels.append(labels[b, kept[start:hole]])
            if hole < len(ids):
                pieces.append(torch.arange(first, first + image_tokens, device=device))
                piece_labels.append(labels.new_full((image_tokens,), IGNORE_INDEX))
                first += image_tokens
            start = hole + 1
        first += 0 if holes else image_tokens
        sources.append(torch.cat(pieces)[:max_length])
        row_labels.append(torch.cat(piece_labels)[:max_length])
    longest = max(len(row) for row in sources)
    source = torch.full(
        (batch, longest), batch * length + images * image_tokens, dtype=torch.int64, device=device
    )
    spliced_labels = torch.full((batch, longest), IGNORE_INDEX, dtype=torch.int64, device=device)
    mask = torch.zeros((batch, longest), dtype=torch.bool, device=device)
    for b, (row, row_label) in enumerate(zip(sources, row_labels, strict=True)):
        place = slice(longest - len(row), longest) if padding_side == "left" else slice(0, len(row))
        source[b, place], spliced_labels[b, place], mask[b, place] = row, row_label, True
    return SplicePlan(source, spliced_labels, mask)
