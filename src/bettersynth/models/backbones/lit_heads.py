"""The trained part of nano's scorer: heads on two frozen towers, and the score of a pair.

A plain cosine favours captions that fit every picture and pictures that fit every caption. Half of
each such excess, measured on a bank of reference pairs, is taken off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

from bettersynth.models.backbones.lite0_shapes import POOLED_CHANNELS
from bettersynth.models.backbones.text_tower import TEXT_CHANNELS


class Heads(nn.Module):
    """One member: an MLP on the image side, a linear map on the text side, into one space."""

    def __init__(self, hidden: int, width: int, dropout: float):
        super().__init__()
        self.image_in = nn.Linear(POOLED_CHANNELS, hidden)
        self.image_out = nn.Linear(hidden, width)
        self.text = nn.Linear(TEXT_CHANNELS, width)
        self.dropout = nn.Dropout(dropout)

    def images(self, features: Tensor) -> Tensor:
        """Return unit vectors `[n, width]` of standardised features `[n, 1280]`."""
        hidden = gelu(self.image_in(self.dropout(features)))
        return normalize(self.image_out(self.dropout(hidden)), dim=-1)

    def texts(self, vectors: Tensor) -> Tensor:
        """Return unit vectors `[n, width]` of MiniLM vectors `[n, 384]`."""
        return normalize(self.text(vectors), dim=-1)


class Standard(NamedTuple):
    """Mean and deviation of the roots of pooled features over the reference split, `[1280]`."""

    mean: Tensor
    deviation: Tensor


def standard_of(pooled: Tensor) -> Standard:
    """Return the standard of features `[n, 1280]`; no deviation is 0."""
    root = pooled.clamp(min=0).sqrt()
    # features that never fire deviate by 0
    return Standard(root.mean(0), root.std(0) + 1e-3)


def standardise(pooled: Tensor, standard: Standard) -> Tensor:
    """Return the roots of `pooled` `[n, 1280]` with mean 0 and deviation 1 in the reference split.

    Features are averages of an activation that is never negative; the root evens their skew.
    """
    return (pooled.clamp(min=0).sqrt() - standard.mean) / standard.deviation


def excess(scores: Tensor, temperature: float) -> Tensor:
    """Return `[n]`: how high a soft maximum over the bank is, of scores `[n, bank]`.

    It is `t log mean exp(score / t)`.
    """
    log_sum = torch.logsumexp(scores / temperature, dim=1)
    return temperature * (log_sum - float(np.log(scores.shape[1])))


def pair_scores(
    images: Tensor, texts: Tensor, bank_images: Tensor, bank_texts: Tensor, temperature: float
) -> Tensor:
    """Return `[n]`: the cosine of each pair, less half of what each side reaches on the bank.

    `images` and `texts` are unit vectors `[n, width]`, the bank's `[bank, width]`.
    """
    cosine = (images * texts).sum(1)
    text_excess = excess(texts @ bank_images.T, temperature)
    image_excess = excess(images @ bank_texts.T, temperature)
    return cosine - (text_excess + image_excess) / 2
