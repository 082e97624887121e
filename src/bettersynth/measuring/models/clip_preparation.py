"""Pictures prepared for a CLIP by PIL and numpy: its processor without transformers.

Resizing and cutting need a picture and nothing else, so any process can do it; what is left are
bytes, a quarter of the numbers that the model sees, and they are scaled beside the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor


class ClipPreparation:
    """The CLIP processor's rule: shortest side, centre crop, scale, then mean and deviation."""

    def __init__(self, settings: dict[str, Any]):
        """`settings` are those of preprocessor_config.json; what it leaves out is ViT-B/32's."""
        size = settings.get("size", 224)
        self.shortest = size if isinstance(size, int) else size.get("shortest_edge")
        self.exact = None if self.shortest else (size["width"], size["height"])
        crop = settings.get("crop_size", 224)
        if isinstance(crop, int):
            crop = {"width": crop, "height": crop}
        self.crop = (crop["width"], crop["height"])
        self.center_crop = settings.get("do_center_crop", True)
        self.resample = Image.Resampling(settings.get("resample", 3))
        self.factor = settings.get("rescale_factor", 1 / 255)
        mean = np.array(settings["image_mean"], dtype=np.float32).reshape(-1, 1)
        deviation = np.array(settings["image_std"], dtype=np.float32).reshape(-1, 1)
        # In float64 first, as the processor does: float32 alone rounds differently. A byte has
        # only so many values, so each is scaled once: [3, 256]
        scaled = np.arange(256, dtype=np.float64) * self.factor
        self.scaled_bytes = (scaled.astype(np.float32) - mean) / deviation

    def __call__(self, picture: Image.Image, channels_first: bool = False) -> np.ndarray:
        """Return one RGB picture as uint8 `[3, height, width]`, to be scaled by `scaled`.

        `channels_first` is the processor's wrong guess for a picture 3 pixels high: its rows are
        read as channels, its columns as rows.
        """
        if channels_first:
            turned = np.asarray(picture).transpose(1, 2, 0)
            picture = Image.fromarray(np.ascontiguousarray(turned))
        # reducing_gap would shrink in two steps, which is quicker and gives other pixels
        picture = picture.resize(self._target(picture.size), self.resample, reducing_gap=None)
        pixels = np.asarray(picture)
        if self.center_crop:
            pixels = center_crop(pixels, *self.crop)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def scaled(self, pixels: Tensor) -> Tensor:
        """Return uint8 `[n, 3, height, width]` as the float32 that the model sees."""
        import torch

        if pixels.device.type != "cpu":
            table = torch.from_numpy(self.scaled_bytes).to(pixels.device)
            channels = [table[at][pixels[:, at].int()] for at in range(3)]
            return torch.stack(channels, dim=1)
        scaled = torch.empty(pixels.shape, dtype=torch.float32)
        # numpy looks bytes up in a quarter of the time that torch takes for it on a processor
        for own_pixels, own_scaled in zip(pixels.numpy(), scaled.numpy(), strict=True):
            for at in range(3):
                # "clip" writes straight to `out`; a byte is never out of the table
                self.scaled_bytes[at].take(own_pixels[at], out=own_scaled[at], mode="clip")
        return scaled

    def _target(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) in pixels that a picture of `size` is resized to."""
        if self.exact:
            return self.exact
        width, height = size
        if width <= height:
            return self.shortest, int(self.shortest * height / width)
        return int(self.shortest * width / height), self.shortest


def center_crop(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the middle `[height, width, 3]` of `[rows, columns, 3]`.

    Where the picture is smaller it lies on zeros.
    """
    rows, columns = pixels.shape[:2]
    top = (rows - height) // 2
    left = (columns - width) // 2
    if top < 0 or left < 0:
        shape = (max(height, rows), max(width, columns), 3)
        padded = np.zeros(shape, dtype=pixels.dtype)
        # half of what is missing, rounded up, as transformers' own padding is
        above = -(-(shape[0] - rows) // 2)
        before = -(-(shape[1] - columns) // 2)
        padded[above : above + rows, before : before + columns] = pixels
        pixels = padded
        top = (shape[0] - height) // 2
        left = (shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]
