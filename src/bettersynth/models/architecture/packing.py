"""Several conversations in one row of a batch, each seeing only itself: the loss of the unpacked batch without its padding."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bettersynth.models.architecture.splicing import IGNORE_INDEX, SplicePlan


class Packed(NamedTuple):
    """A plan in fewer rows. `owner` tells which conversation of the batch each position belongs to, -1 for padding."""

    source: Tensor  # int64 [R, L]
    labels: Tensor  # int64 [R, L], -100 also on the first token of each conversation, which nothing of its own predicts
    position_ids: Tensor  # int64 [R, L], from 0 in each conversation
    owner: Tensor  # int64 [R, L]


def assign_rows(lengths: list[int], capacity: int) -> list[list[int]]:
    """Return which conversations share a row, by first fit from the longest on; none is longer than `capacity`."""
    rows: list[list[int]] = []
    left: list[int] = []
    for k in sorted(range(len(lengths)), key=lambda k: (-lengths[k], k)):
        place = next((r for r, free in enumerate(left) if free >= lengths[k]), len(rows))
        if place == len(rows):
            rows.append([])
            left.append(capacity)
        rows[place].append(k)
        left[place] -= lengths[k]
    return rows


def pack(plan: SplicePlan, padding: int) -> Packed:
    """Put the conversations of a plan into as few rows as first fit finds, no row longer than the longest conversation.

    `padding` is the source of a position that holds nothing. The set of supervised tokens, and so the mean over it, stays.
    """
    lengths = plan.attention_mask.sum(1).tolist()
    rows = assign_rows(lengths, max(lengths))
    width = max(sum(lengths[k] for k in row) for row in rows)
    shape, device = (len(rows), width), plan.source.device
    source = torch.full(shape, padding, dtype=torch.int64, device=device)
    labels = torch.full(shape, IGNORE_INDEX, dtype=torch.int64, device=device)
    positions, owner = (
        torch.zeros(shape, dtype=torch.int64, device=device),
        torch.full(shape, -1, dtype=torch.int64, device=device),
    )
    for r, row in enumerate(rows):
        start = 0
        for k in row:
            place = slice(start, start + lengths[k])
            kept = plan.attention_mask[k]
            source[r, place], labels[r, place], owner[r, place] = (
                plan.source[k, kept],
                plan.labels[k, kept],
                k,
            )
            positions[r, place] = torch.arange(lengths[k], device=device)
            labels[r, start : start + 1] = IGNORE_INDEX
            start += lengths[k]
    return Packed(source, labels, positions, owner)


def block_mask(owner: Tensor, window: int | None = None) -> Tensor:
    """Return bool `[R, 1, L, L]`: a position sees itself and what stands before it in its own conversation.

    With `window` (Mistral's sliding window) only the last `window` of these. Padding sees the padding before it, so that no row of the
    mask is empty.
    """
    length = owner.shape[1]
    steps = torch.arange(length, device=owner.device)
    back = steps[:, None] - steps[None, :]
    near = (back >= 0) & (back < (window or length))
    return (near & (owner[:, :, None] == owner[:, None, :]))[:, None]
