"""Low-resolution tokens plus what they mine from the high-resolution map, tile by tile.

Letters in shapes: N images, P x P tokens a tile of width C, an S x S map of width A, a grid of
g x g tiles.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bettersynth.models.architecture.patch_info_mining import PatchInfoMining


def fused_tokens(
    mining: PatchInfoMining, low_res: Tensor, high_res: Tensor, grid: int, with_global: bool
) -> Tensor:
    """Return fused tokens `[N, tokens, C]`; with a grid `[global, tile 0, tile 1, ...]` in a row.

    `low_res` is `[N * g * g (+ N), P*P, C]`, all tiles of all images and then all global views;
    `high_res` is `[N, S, S, A]`.
    """
    if grid == 1 and not with_global:
        return low_res + mining(low_res, high_res)
    images = high_res.shape[0]
    tile_maps = cut_into_tiles(high_res, grid)
    tile_tokens = low_res[: len(tile_maps)]
    fused = tile_tokens + mining(tile_tokens, tile_maps)  # [N * g * g, P*P, C]
    fused = fused.reshape(images, -1, low_res.shape[-1])  # [N, g * g * P*P, C]
    if not with_global:
        return fused
    # the global view mines the whole map, made as small as a tile's
    global_tokens = low_res[len(tile_maps) :]  # [N, P*P, C]
    mined = mining(global_tokens, shrink(high_res, grid))
    return torch.cat([global_tokens + mined, fused], dim=1)


def cut_into_tiles(high_res: Tensor, grid: int) -> Tensor:
    """Return maps `[N * g * g, S/g, S/g, A]` of `[N, S, S, A]`, the tiles of an image row-major."""
    images = high_res.shape[0]
    side = high_res.shape[1] // grid
    width = high_res.shape[-1]
    tiles = high_res.reshape(images, grid, side, grid, side, width)
    tiles = tiles.transpose(2, 3)  # [N, g, g, S/g, S/g, A]
    return tiles.reshape(images * grid * grid, side, side, width)


def shrink(high_res: Tensor, grid: int) -> Tensor:
    """Return maps `[N, S/g, S/g, A]` of `[N, S, S, A]`, in the same number type."""
    # `interpolate` wants channels first
    channels_first = high_res.permute(0, 3, 1, 2).float()
    smaller = F.interpolate(
        channels_first, scale_factor=1 / grid, mode="bilinear", align_corners=False
    )
    return smaller.to(high_res.dtype).permute(0, 2, 3, 1)
