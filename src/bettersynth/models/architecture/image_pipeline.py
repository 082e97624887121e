"""From a picture to the two tensors that the towers read.

Both come from one processing at the high resolution. Letters in shapes: s pixels a side for the
low-resolution tower, S for the high-resolution one.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

# of CLIP's training pictures, in 0..1: both towers take pictures normalised so
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
PAD_COLOR = tuple(int(255 * value) for value in CLIP_MEAN)

Aspect = Literal["square", "pad"]


@dataclasses.dataclass(frozen=True)
class ImagePipeline:
    """Sizes in pixels: `image_size` of the low-resolution tower, `image_size_aux` of the other.

    `aspect` is `square` (short side resized, centre cropped; stage 1) or `pad` (padded to a square
    first; stage 2 and evaluation).
    """

    image_size: int
    image_size_aux: int
    image_grid: int = 1
    image_global: bool = False
    aspect: Aspect = "square"

    def __call__(self, image: Image.Image) -> tuple[Tensor, Tensor]:
        """Return the inputs of both towers, float32.

        The first is `[3, s, s]`, or `[tiles, 3, s, s]` with the global view last; the second
        `[3, S, S]`.
        """
        image = image.convert("RGB")
        if self.aspect == "pad":
            image = pad_to_square(image)
        resized = resize_short_side(image, self.image_size_aux)
        # the low-resolution input is made from the normalised one, as in the reference
        aux = normalize(center_crop(resized, self.image_size_aux))
        return self.low_resolution(aux), aux

    def blank(self) -> tuple[Tensor, Tensor]:
        """Return the zeros that stand for a conversation without a picture, shaped as a picture."""
        # zeros after normalising: a picture of CLIP's mean colour
        aux = torch.zeros(3, self.image_size_aux, self.image_size_aux)
        return self.low_resolution(aux), aux

    def low_resolution(self, aux: Tensor) -> Tensor:
        """Return the low-resolution input of a processed picture `[3, S, S]`: see `__call__`."""
        side = self.image_size
        grid = self.image_grid
        # the tiles are cut from one picture of grid x side pixels
        whole = _bilinear(aux, side * grid)
        if grid == 1 and not self.image_global:
            return whole
        tiles = whole.reshape(3, grid, side, grid, side)
        tiles = tiles.permute(1, 3, 0, 2, 4)  # [grid, grid, 3, s, s]
        tiles = tiles.reshape(grid * grid, 3, side, side)
        if not self.image_global:
            return tiles
        return torch.cat([tiles, _bilinear(whole, side)[None]])


def pad_to_square(image: Image.Image) -> Image.Image:
    """Return the picture centred on a square of CLIP's mean colour."""
    width, height = image.size
    if width == height:
        return image
    side = max(width, height)
    # not black: after normalising, this colour is about 0
    square = Image.new("RGB", (side, side), PAD_COLOR)
    square.paste(image, ((side - width) // 2, (side - height) // 2))
    return square


def resize_short_side(image: Image.Image, size: int) -> Image.Image:
    """Return the picture with its short side at `size` pixels (bicubic), the other rounded down."""
    width, height = image.size
    # rounded down, as torchvision and transformers do
    long_side = int(size * max(width, height) / min(width, height))
    new_size = (size, long_side) if width <= height else (long_side, size)
    return image.resize(new_size, Image.Resampling.BICUBIC)


def center_crop(image: Image.Image, size: int) -> Image.Image:
    """Return the middle `size` x `size` pixels of a picture that is at least that large."""
    left = (image.width - size) // 2
    top = (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


def normalize(image: Image.Image) -> Tensor:
    """Return `[3, H, W]` float32: values in 0..1, minus CLIP's mean, over CLIP's deviation."""
    # in this order and these types, as transformers' processor for CLIP: each step rounds
    # [H, W, 3]
    pixels = (np.asarray(image, dtype=np.float64) * (1 / 255)).astype(np.float32)
    mean = np.array(CLIP_MEAN, dtype=np.float32)
    deviation = np.array(CLIP_STD, dtype=np.float32)
    pixels = (pixels - mean) / deviation
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def _bilinear(image: Tensor, size: int) -> Tensor:
    """Return `[3, size, size]` of a picture `[3, H, W]`."""
    batch = image[None].float()
    resized = F.interpolate(batch, size=(size, size), mode="bilinear", align_corners=False)
    return resized[0]
