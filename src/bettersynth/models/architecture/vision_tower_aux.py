"""The high-resolution tower: stem and stages of OpenCLIP's ConvNeXt, on the first stage's grid.

Letters in shapes: N pictures of H x W pixels, S = H / 4.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bettersynth.errors import UserError
from bettersynth.models.weights.reading import load_into, read_weights

STAGES = 4
TRUNK_TENSOR = re.compile(r"(?:^|\.)trunk\.(stem|stages)\.(.+)$")
BLOCK_TENSOR = re.compile(r"vision_stages\.(\d+)\.blocks\.(\d+)\.conv_dw\.weight")


class VisionTowerAux(nn.Module):
    """Outputs of the four stages (strides 4, 8, 16, 32), concatenated on channels.

    The tower is frozen unless `trainable` is set. `drop_path` is 0 by default: the reference leaves
    stochastic depth (0.1) on in its frozen tower while training, which adds noise to features that
    are otherwise constant. Pass 0.1 to train as the reference does.
    """

    def __init__(
        self, widths: tuple[int, ...], depths: tuple[int, ...], drop_path: float = 0.0
    ) -> None:
        super().__init__()
        # seconds to import, and needed only where pictures are processed on the fly
        from timm.models.convnext import ConvNeXt

        # timm builds head and norm too; only stem and stages are kept
        trunk = ConvNeXt(dims=widths, depths=depths, drop_path_rate=drop_path, num_classes=0)
        self.widths = widths
        self.depths = depths
        self.trainable = False
        self.vision_stem = trunk.stem
        self.vision_stages = trunk.stages

    @classmethod
    def from_folder(cls, folder: str | Path, drop_path: float = 0.0) -> VisionTowerAux:
        """Build the tower of a folder with `open_clip_pytorch_model.bin`.

        A safetensors file with the same names serves too.
        """
        weights = stem_and_stages(read_weights(folder))
        widths, depths = architecture(weights, str(folder))
        tower = cls(widths, depths, drop_path)
        tower.load(weights, str(folder))
        return tower

    def load(self, weights: dict[str, Tensor], where: str = "the high-resolution tower") -> None:
        """Fill the tower from names that start with `vision_stem.` and `vision_stages.`.

        Raises:
            UserError: one is missing, unknown or of another shape; `where` is what it names.
        """
        load_into(self, weights, where)

    def forward(self, images: Tensor) -> Tensor:
        """Return the map `[N, S, S, sum(widths)]` of pictures `[N, 3, H, W]`."""
        with torch.set_grad_enabled(self.trainable and torch.is_grad_enabled()):
            first, *others = self.stages(images)
            maps = [first]
            for stage in others:
                # in float32, whatever the tower computes in
                enlarged = F.interpolate(
                    stage.float(), size=first.shape[-2:], mode="bilinear", align_corners=False
                )
                maps.append(enlarged.to(stage.dtype))
            return torch.cat(maps, dim=1).permute(0, 2, 3, 1)  # channels last

    def stages(self, images: Tensor) -> list[Tensor]:
        """Return the four stage outputs `[N, width, H / stride, W / stride]`."""
        hidden = self.vision_stem(images.to(self.vision_stem[0].weight.dtype))
        outputs = []
        for stage in self.vision_stages:
            hidden = stage(hidden)
            outputs.append(hidden)
        return outputs


def stem_and_stages(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Pick stem and stages from OpenCLIP's names, under this tower's names.

    Norm, head and text model are left out.
    """
    picked = {}
    for name, value in weights.items():
        match = TRUNK_TENSOR.search(name)
        if match:
            picked[f"vision_{match[1]}.{match[2]}"] = value
    return picked


def architecture(weights: dict[str, Tensor], where: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the stages' widths and depths, as the weights' names and shapes tell them.

    Raises:
        UserError: the weights are not those of a ConvNeXt.
    """
    # by stage and block
    widths: dict[int, dict[int, int]] = {}
    for name, value in weights.items():
        match = BLOCK_TENSOR.fullmatch(name)
        if match:
            stage, block = int(match[1]), int(match[2])
            # a depthwise kernel has one slice a channel
            widths.setdefault(stage, {})[block] = value.shape[0]
    if sorted(widths) != list(range(STAGES)):
        raise UserError(
            f"{where} does not hold the stem and four stages of a ConvNeXt (names such as "
            "visual.trunk.stages.0.blocks.0.conv_dw.weight)"
        )
    stage_widths = tuple(widths[stage][0] for stage in range(STAGES))
    stage_depths = tuple(len(widths[stage]) for stage in range(STAGES))
    return stage_widths, stage_depths
