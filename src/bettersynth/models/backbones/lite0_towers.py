"""The two vision towers of nano: one frozen EfficientNet-Lite0, read at two resolutions.

Low-res tokens are its last stage, the high-res map is four of its stages side by side, as
Mini-Gemini reads CLIP and a ConvNeXt. timm's own `tf_efficientnet_lite0` runs the weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_shapes import (
    HIGH_RES_CHANNELS,
    HIGH_RES_SIDE,
    IMAGE_SIZE,
    LOW_RES_CHANNELS,
    LOW_RES_TOKENS,
    POOLED_CHANNELS,
    square_pixels,
)
from bettersynth.models.backbones.lite0_weights import ARCHITECTURE, network
from bettersynth.models.backbones.model_folder import require_as_written
from bettersynth.models.weights.reading import read_weights

# strides 4, 8, 16, 32
HIGH_RES_STAGES = (1, 2, 4, 6)
# images in every pass, filled up with zeros: the same work gives the same bits
BATCH = 32


class Features(NamedTuple):
    """What the towers say about n images."""

    low_res: np.ndarray  # float16 [n, 16, 320], tokens row by row
    high_res: np.ndarray  # float16 [n, 8, 8, 496]
    pooled: np.ndarray  # float32 [n, 1280]


NO_FEATURES = Features(
    np.zeros((0, LOW_RES_TOKENS, LOW_RES_CHANNELS), np.float16),
    np.zeros((0, HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS), np.float16),
    np.zeros((0, POOLED_CHANNELS), np.float32),
)


class Lite0Towers:
    """The frozen towers, for inference on the CPU.

    Batch normalisation is folded into the convolutions.
    """

    def __init__(self, state: dict[str, Tensor]):
        model = network()
        model.load_state_dict(state)
        _fold_batch_norms(model)
        self.model = model.requires_grad_(False).to(memory_format=torch.channels_last)

    @classmethod
    def load(cls, folder: str | Path) -> Lite0Towers:
        """Read a folder that `save_towers` wrote.

        Raises:
            UserError: it is not there, damaged, or was made for another architecture.
        """
        folder = Path(folder)
        try:
            require_as_written(folder)
            config = read_object(folder / "config.json")
            state = read_weights(folder / "model.safetensors")
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; "
                "run `python -m bettersynth.steps.towers`"
            ) from None
        architecture = config.get("architecture")
        if architecture != ARCHITECTURE:
            raise UserError(
                f"{folder / 'config.json'}: architecture is {architecture!r}; "
                f"allowed: {ARCHITECTURE}"
            )
        return cls(state)

    def logits(self, pixels: Tensor) -> Tensor:
        """Return ImageNet logits `[batch, 1000]`.

        `pixels` `[batch, 3, height, width]` are normalised: range -1 to 1.
        """
        with torch.inference_mode():
            return self.model(pixels.to(memory_format=torch.channels_last))

    def features_of_pixels(self, pixels: np.ndarray) -> Features:
        """Return the features of uint8 pixels `[n, 128, 128, 3]`.

        A picture's bits do not depend on its neighbours.
        """
        if len(pixels) == 0:
            return NO_FEATURES
        batches = []
        for start in range(0, len(pixels), BATCH):
            batches.append(self._features_of_batch(pixels[start : start + BATCH]))
        low_res, high_res, pooled = zip(*batches, strict=True)
        return Features(
            np.concatenate(low_res),
            np.concatenate(high_res),
            np.concatenate(pooled),
        )

    def features(self, images: list[Image.Image]) -> Features:
        """Return the features of RGB pictures of any size."""
        if not images:
            return NO_FEATURES
        return self.features_of_pixels(np.stack([square_pixels(image) for image in images]))

    def _features_of_batch(self, pixels: np.ndarray) -> Features:
        """Return the features of at most `BATCH` images, uint8 `[n, 128, 128, 3]`."""
        count = len(pixels)
        filled = np.zeros((BATCH, IMAGE_SIZE, IMAGE_SIZE, 3), np.float32)
        filled[:count] = pixels
        # uint8 to -1..1, as these weights were trained
        normalised = torch.from_numpy((filled - 127.5) / 127.5)
        # [32, 3, 128, 128] by its strides, channels last in memory: that runs faster
        hidden = normalised.permute(0, 3, 1, 2)
        maps = []
        model = self.model
        with torch.inference_mode():
            hidden = model.bn1(model.conv_stem(hidden))
            for stage, blocks in enumerate(model.blocks):
                hidden = blocks(hidden)  # [32, channels, side, side]
                if stage in HIGH_RES_STAGES:
                    maps.append(_to_side(hidden, HIGH_RES_SIDE))
            low_res = hidden.permute(0, 2, 3, 1).flatten(1, 2)  # [32, 16, 320]
            high_res = torch.cat(maps, dim=1).permute(0, 2, 3, 1)  # [32, 8, 8, 496]
            pooled = model.bn2(model.conv_head(hidden)).mean((2, 3))  # [32, 1280]
        return Features(
            low_res[:count].to(torch.float16).numpy(),
            high_res[:count].to(torch.float16).numpy(),
            pooled[:count].numpy(),
        )


def _to_side(hidden: Tensor, side: int) -> Tensor:
    """Return `[batch, channels, side, side]` of a square map.

    Larger maps are averaged, smaller ones resized (bilinear).
    """
    if hidden.shape[-1] >= side:
        return adaptive_avg_pool2d(hidden, side)
    return interpolate(hidden, size=(side, side), mode="bilinear", align_corners=False)


def _fold_batch_norms(model: nn.Module) -> None:
    """Fold each batch normalisation into the convolution before it, in place.

    Its activation stays where the norm was.
    """
    _fold(model, "conv_stem", "bn1")
    _fold(model, "conv_head", "bn2")
    for stage in model.blocks:
        for block in stage:
            if hasattr(block, "conv_pwl"):
                _fold(block, "conv_pw", "bn1")
                _fold(block, "conv_dw", "bn2")
                _fold(block, "conv_pwl", "bn3")
            else:
                # the first block does not widen its input
                _fold(block, "conv_dw", "bn1")
                _fold(block, "conv_pw", "bn2")


def _fold(parent: nn.Module, convolution: str, norm: str) -> None:
    norm_layer = getattr(parent, norm)
    folded = fuse_conv_bn_eval(getattr(parent, convolution), norm_layer)
    setattr(parent, convolution, folded)
    # timm's norm layers also hold the activation behind them
    setattr(parent, norm, norm_layer.act)
