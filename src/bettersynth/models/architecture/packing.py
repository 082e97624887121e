"""Several conversations in one row of a batch, each seeing only itself.

The loss is that of the unpacked batch, without its padding.
Letters in shapes: R packed rows of L positions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bettersynth.models.architecture.splicing import IGNORE_INDEX, SplicePlan


class Packed(NamedTuple):
    """A plan in fewer rows, all `[R, L]`."""

    source: Tensor  # int64
    # int64, -100 also on each conversation's first token: nothing of its own predicts that
    labels: Tensor
    position_ids: Tensor  # int64, from 0 in each conversation
    owner: Tensor  # int64, the conversation that the position belongs to, -1 for padding


def assign_rows(lengths: list[int], capacity: int) -> list[list[int]]:
    """Return which conversations share a row, by first fit from the longest on.

    No conversation is longer than `capacity`.
    """
    # ties by position, so that the same batch is packed the same way each time
    longest_first = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    rows: list[list[int]] = []
    # positions left in each row
    free: list[int] = []
    for conversation in longest_first:
        length = lengths[conversation]
        row = next((row for row, left in enumerate(free) if left >= length), len(rows))
        if row == len(rows):
            rows.append([])
            free.append(capacity)
        rows[row].append(conversation)
        free[row] -= length
    return rows


def pack(plan: SplicePlan, padding: int) -> Packed:
    """Put the conversations of a plan into as few rows as first fit finds.

    No row is longer than the longest conversation. `padding` is the source of a position that holds
    nothing. The set of supervised tokens, and so the mean over it, stays.
    """
    lengths = plan.attention_mask.sum(1).tolist()
    rows = assign_rows(lengths, max(lengths))
    width = 0
    for row in rows:
        width = max(width, sum(lengths[conversation] for conversation in row))
    shape = (len(rows), width)
    device = plan.source.device
    source = torch.full(shape, padding, dtype=torch.int64, device=device)
    labels = torch.full(shape, IGNORE_INDEX, dtype=torch.int64, device=device)
    positions = torch.zeros(shape, dtype=torch.int64, device=device)
    # -1 is no conversation: padding sees padding alone
    owner = torch.full(shape, -1, dtype=torch.int64, device=device)
    for row, conversations in enumerate(rows):
        start = 0
        for conversation in conversations:
            length = lengths[conversation]
            place = slice(start, start + length)
            kept = plan.attention_mask[conversation]
            source[row, place] = plan.source[conversation, kept]
            labels[row, place] = plan.labels[conversation, kept]
            owner[row, place] = conversation
            positions[row, place] = torch.arange(length, device=device)
            # else the end of the conversation before would have to predict it
            labels[row, start : start + 1] = IGNORE_INDEX
            start += length
    return Packed(source, labels, positions, owner)
