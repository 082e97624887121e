"""Putting image tokens in the place of `<image>`: where each position of the result comes from.

Letters in shapes: B conversations of T ids, L positions after splicing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bettersynth.errors import UserError

# LLaVA's marks in ids and labels: no token has a negative id, and torch's loss skips -100
IMAGE_TOKEN_INDEX = -200
IGNORE_INDEX = -100


class SplicePlan(NamedTuple):
    """`source[b, t]` points into text positions, image tokens, or one row of zeros.

    Text positions are 0 .. B*T-1; image tokens follow; the last index stands for padding.
    """

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
    """Plan the spliced batch of ids, mask and labels, all `[B, T]`.

    There are `images` blocks of `image_tokens` rows each. Padding is taken out by the mask first;
    each placeholder (-200) takes the next block; a row without one still uses up a block, as the
    reference does. Rows are cut to `max_length` (maybe inside an image), then padded to the longest
    on `padding_side`.

    Raises:
        UserError: more placeholders than images, or images left over.
    """
    _check_image_count(input_ids, attention_mask, images)
    batch, length = input_ids.shape
    # image tokens stand behind all text positions in what `source` points into
    # source index of the next image's first token
    next_block = batch * length
    sources = []
    row_labels = []
    for row in range(batch):
        kept = attention_mask[row].bool().nonzero().squeeze(1)  # [T without padding]
        positions = kept + row * length
        source, spliced, blocks = _splice_row(
            input_ids[row, kept], positions, labels[row, kept], next_block, image_tokens
        )
        # a conversation without a picture uses up a block too
        next_block += max(1, blocks) * image_tokens
        sources.append(source[:max_length])
        row_labels.append(spliced[:max_length])
    # the row of zeros behind all image tokens
    padding = batch * length + images * image_tokens
    return _pad_rows(sources, row_labels, padding, padding_side)


def _check_image_count(input_ids: Tensor, attention_mask: Tensor, images: int) -> None:
    # a placeholder under the mask is padding
    shown = torch.where(attention_mask.bool(), input_ids, 0)
    placeholders = shown.eq(IMAGE_TOKEN_INDEX).sum(1)
    places = int(placeholders.clamp(min=1).sum())
    if places != images:
        raise UserError(
            f"the batch has {images} images for {places} places (one for each <image>, and one "
            "for each conversation without); every conversation needs as many images as it has "
            "<image>"
        )


def _splice_row(
    ids: Tensor, positions: Tensor, labels: Tensor, first_block: int, image_tokens: int
) -> tuple[Tensor, Tensor, int]:
    """Return source and labels of one conversation, and how many images it takes.

    `ids`, `positions` (of the ids in the batch) and `labels` are `[T]` without padding.
    """
    holes = (ids == IMAGE_TOKEN_INDEX).nonzero().squeeze(1).tolist()
    pieces = []
    piece_labels = []
    start = 0
    for number, hole in enumerate(holes):
        block = first_block + number * image_tokens
        pieces.append(positions[start:hole])
        pieces.append(torch.arange(block, block + image_tokens, device=ids.device))
        piece_labels.append(labels[start:hole])
        piece_labels.append(labels.new_full((image_tokens,), IGNORE_INDEX))
        start = hole + 1
    pieces.append(positions[start:])
    piece_labels.append(labels[start:])
    return torch.cat(pieces), torch.cat(piece_labels), len(holes)


def _pad_rows(
    sources: list[Tensor], row_labels: list[Tensor], padding: int, padding_side: str
) -> SplicePlan:
    """Return rows of uneven length as one plan `[B, L]`; `padding` is the source of the filling."""
    shape = (len(sources), max(len(row) for row in sources))
    device = sources[0].device
    source = torch.full(shape, padding, dtype=torch.int64, device=device)
    labels = torch.full(shape, IGNORE_INDEX, dtype=torch.int64, device=device)
    mask = torch.zeros(shape, dtype=torch.bool, device=device)
    for row, (filled, row_label) in enumerate(zip(sources, row_labels, strict=True)):
        start = shape[1] - len(filled) if padding_side == "left" else 0
        place = slice(start, start + len(filled))
        source[row, place] = filled
        labels[row, place] = row_label
        mask[row, place] = True
    return SplicePlan(source, labels, mask)
