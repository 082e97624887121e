"""The high-resolution tower: the stem and four stages of OpenCLIP's ConvNeXt, all resized to the first stage's grid."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bettersynth.errors import UserError
from bettersynth.models.weights.reading import load_into, read_weights


class VisionTowerAux(nn.Module):
    """Raw outputs of the four stages (strides 4, 8, 16, 32), concatenated on channels; frozen unless `trainable` says otherwise.

    `drop_path` is 0 by default: the reference leaves stochastic depth (0.1) on in its frozen tower while training, which adds noise
    to features that are otherwise constant. Pass 0.1 to train as the reference does.
    """

    def __init__(
        self, widths: tuple[int, ...], depths: tuple[int, ...], drop_path: float = 0.0
    ) -> None:
        super().__init__()
        from timm.models.convnext import ConvNeXt

        trunk = ConvNeXt(dims=widths, depths=depths, drop_path_rate=drop_path, num_classes=0)
        self.widths, self.depths, self.trainable = widths, depths, False
        self.vision_stem, self.vision_stages = trunk.stem, trunk.stages

    @classmethod
    def from_folder(cls, folder: str | Path, drop_path: float = 0.0) -> VisionTowerAux:
        """Build the tower of a folder that holds `open_clip_pytorch_model.bin` (or a safetensors file with the same names)."""
        weights = stem_and_stages(read_weights(folder))
        tower = cls(*architecture(weights, str(folder)), drop_path)
        tower.load(weights, str(folder))
        return tower

    def load(self, weights: dict[str, Tensor], where: str = "the high-resolution tower") -> None:
        """Fill the tower from names that start with `vision_stem.` and `vision_stages.`."""
        load_into(self, weights, where)

    def forward(self, images: Tensor) -> Tensor:
        """Return the map `[N, S, S, sum(widths)]`, S = H / 4, of pictures `[N, 3, H, W]`."""
        with torch.set_grad_enabled(self.trainable and torch.is_grad_enabled()):
            stages = self.stages(images)
            size = stages[0].shape[-2:]
            maps = [stages[0]] + [
                F.interpolate(s.float(), size=size, mode="bilinear", align_corners=False).to(
                    s.dtype
                )
                for s in stages[1:]
            ]
            return torch.cat(maps, dim=1).permute(0, 2, 3, 1)

    def stages(self, images: Tensor) -> list[Tensor]:
        """Return the four stage outputs `[N, width, H / stride, W / stride]`."""
        hidden = self.vision_stem(images.to(self.vision_stem[0].weight.dtype))
        outputs = []
        for stage in self.vision_stages:
            hidden = stage(hidden)
            outputs.append(hidden)
        return outputs


def stem_and_stages(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Pick stem and stages from OpenCLIP's names, under this tower's names; norm, head and text model are left out."""
    picked = {}
    for name, value in weights.items():
        match = re.search(r"(?:^|\.)trunk\.(stem|stages)\.(.+)$", name)
        if match:
            picked[f"vision_{match[1]}.{match[2]}"] = value
    return picked


def architecture(weights: dict[str, Tensor], where: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the stages' widths and depths, as the weights' names and shapes tell them.

    Raises:
        UserError: the weights are not those of a ConvNeXt.
    """
    blocks: dict[int, dict[int, int]] = {}
    for name, value in weights.items():
        match = re.fullmatch(r"vision_stages\.(\d+)\.blocks\.(\d+)\.conv_dw\.weight", name)
        if match:
            blocks.setdefault(int(match[1]), {})[int(match[2])] = value.shape[0]
    if sorted(blocks) != [0, 1, 2, 3]:
        raise UserError(
            f"{where} does not hold the stem and four stages of a ConvNeXt (names such as visual.trunk.stages.0.blocks.0.conv_dw.weight)"
        )
    return tuple(blocks[i][0] for i in range(4)), tuple(len(blocks[i]) for i in range(4))
