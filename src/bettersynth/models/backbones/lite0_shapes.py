"""What goes into nano's towers and what comes out: the square picture, and the sizes of features.

Light on purpose: who looks features up in the store needs the sizes and no torch.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

# pixels; both resolutions come from one pass
IMAGE_SIZE = 128
# int(255 * CLIP mean), Mini-Gemini's rule `pad`
PAD_COLOR = (122, 116, 104)
# tokens are the 4 x 4 cells of the last stage
LOW_RES_TOKENS, LOW_RES_CHANNELS = 16, 320
# the widths of the four stages, side by side
HIGH_RES_SIDE, HIGH_RES_CHANNELS = 8, 24 + 40 + 112 + 320
POOLED_CHANNELS = 1280


def square_pixels(image: Image.Image) -> np.ndarray:
    """Return uint8 `[128, 128, 3]` of an RGB picture.

    It is pasted centred on a square of `PAD_COLOR`, then resized (bicubic, antialiased).
    """
    side = max(image.size)
    if image.width != image.height:
        square = Image.new("RGB", (side, side), PAD_COLOR)
        corner = ((side - image.width) // 2, (side - image.height) // 2)
        square.paste(image, corner)
        image = square
    if side != IMAGE_SIZE:
        image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)
    return np.asarray(image)
