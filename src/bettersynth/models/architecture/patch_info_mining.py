"""Patch info mining: a low-resolution token looks at its window of the high-resolution map.

Letters in shapes: N images, P x P low-resolution tokens of width C, an S x S map of width A,
windows of k x k cells with k = S / P.
Source: Mini-Gemini (arXiv 2403.18814), section 3.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bettersynth.errors import UserError


class PatchInfoMining(nn.Module):
    """Single-head attention of one query over its own window.

    The key and value projections are pulled out of the window: projecting every cell costs k*k
    times a projection. Scores are linear in the key and the result is linear in the value, so the
    key matrix is applied to the query, and the value matrix to the weighted mean of the normalised
    cells: the same numbers, one projection a token. The two biases on the key side shift all scores
    of a window alike; softmax forgets them and their gradients are exactly zero.
    """

    def __init__(self, width: int, high_res_width: int) -> None:
        super().__init__()
        self.query = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.aux = nn.Sequential(nn.LayerNorm(high_res_width), nn.Linear(high_res_width, width))
        self.val = nn.Sequential(nn.LayerNorm(high_res_width), nn.Linear(high_res_width, width))

    def forward(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return what each token mines, `[N, P*P, C]`.

        `low_res` are tokens `[N, P*P, C]`, `high_res` a map `[N, S, S, A]` (channels last).
        """
        key_norm, key = self.aux
        value_norm, value = self.val
        cells = windows(high_res, low_res.shape[1])  # [N, P*P, k*k, A]
        # without the norms' own weights: those of key and value differ and are applied below
        cells = F.layer_norm(cells, cells.shape[-1:], eps=key_norm.eps)
        query = self.query(low_res) @ key.weight * key_norm.weight  # [N, P*P, C] -> [N, P*P, A]
        scores = torch.matmul(cells, query.unsqueeze(-1)).squeeze(-1)  # [N, P*P, k*k]
        scores = scores / math.sqrt(low_res.shape[-1])
        scores = scores.masked_fill(scores.isnan(), 0.0)
        shares = scores.softmax(-1)
        mean = torch.matmul(shares.unsqueeze(-2), cells).squeeze(-2)  # [N, P*P, A]
        # the value's own norm weights, as those of the key went into the query
        mined = value(mean * value_norm.weight + value_norm.bias)  # [N, P*P, C]
        # keeps both biases in the graph: DDP and ZeRO wait for every gradient
        return mined + 0.0 * (key_norm.bias.sum() + key.bias.sum())


def windows(high_res: Tensor, tokens: int) -> Tensor:
    """Cut a map `[N, S, S, A]` into the window of each of `tokens` = P*P grid places.

    Returns `[N, P*P, k*k, A]`, row-major on both levels.

    Raises:
        UserError: the map's side is not a multiple of the token grid's side.
    """
    images, side, _, width = high_res.shape
    grid = math.isqrt(tokens)
    if grid * grid != tokens or side % grid:
        raise UserError(
            f"a high-resolution map of side {side} cannot be cut into windows for {tokens} "
            "low-resolution tokens"
        )
    cells = side // grid
    by_place = high_res.reshape(images, grid, cells, grid, cells, width)
    by_place = by_place.transpose(2, 3)  # [N, P, P, k, k, A]
    return by_place.reshape(images, tokens, cells * cells, width)
