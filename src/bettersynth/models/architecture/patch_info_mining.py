"""Patch info mining: every low-resolution token looks at the window of the high-resolution map that it covers.

Letters in shapes: N images, P x P low-resolution tokens of width C, an S x S map of width A, windows of k x k with k = S / P.
Source: Mini-Gemini (arXiv 2403.18814), section 3.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bettersynth.errors import UserError


class PatchInfoMining(nn.Module):
    """Single-head attention of one query over its own window, with the key and value projections pulled out of the window.

    Projecting keys and values of every window cell costs k*k times a projection. Scores are linear in the key and the
    result is linear in the value, so the key matrix is applied to the query, and the value matrix to the weighted mean
    of the normalised cells: the same numbers, one projection a token. The two biases on the key side shift all scores of a
    window alike; softmax forgets them and their gradients are exactly zero.
    """

    def __init__(self, width: int, high_res_width: int) -> None:
        super().__init__()
        self.query = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.aux = nn.Sequential(nn.LayerNorm(high_res_width), nn.Linear(high_res_width, width))
        self.val = nn.Sequential(nn.LayerNorm(high_res_width), nn.Linear(high_res_width, width))

    def forward(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return what each token mines, `[N, P*P, C]`, of tokens `[N, P*P, C]` and a map `[N, S, S, A]` (channels last)."""
        key_norm, key = self.aux
        value_norm, value = self.val
        cells = windows(high_res, low_res.shape[1])
        cells = F.layer_norm(cells, cells.shape[-1:], eps=key_norm.eps)
        query = self.query(low_res) @ key.weight * key_norm.weight
        scores = torch.matmul(cells, query.unsqueeze(-1)).squeeze(-1) / math.sqrt(low_res.shape[-1])
        scores = scores.masked_fill(scores.isnan(), 0.0)
        mean = torch.matmul(scores.softmax(-1).unsqueeze(-2), cells).squeeze(-2)
        mined = value(mean * value_norm.weight + value_norm.bias)
        return mined + 0.0 * (
            key_norm.bias.sum() + key.bias.sum()
        )  # keeps both in the graph: DDP and ZeRO wait for every gradient


def windows(high_res: Tensor, tokens: int) -> Tensor:
    """Cut `[N, S, S, A]` into the window of each of `tokens` = P*P grid places: `[N, P*P, k*k, A]`, row-major on both levels.

    Raises:
        UserError: the map's side is not a multiple of the token grid's side.
    """
    images, side, _, width = high_res.shape
    grid = math.isqrt(tokens)
    if grid * grid != tokens or side % grid:
        raise UserError(
            f"a high-resolution map of side {side} cannot be cut into windows for {tokens} low-resolution tokens"
        )
    k = side // grid
    return (
        high_res.reshape(images, grid, k, grid, k, width)
        .transpose(2, 3)
        .reshape(images, tokens, k * k, width)
    )
