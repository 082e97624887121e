"""What goes into nano's towers and what comes out: the square picture, and the sizes of features.

Light on purpose: who looks features up in the store needs the sizes and no torch.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

IMAGE_SIZE = 128  # pixels; both resolutions come from one pass
PAD_COLOR = (122, 116, 104)  # int(255 * CLIP mean), Mini-Gemini's rule `pad`
LOW_RES_TOKENS, LOW_RES_CHANNELS = 16, 320
HIGH_RES_SIDE, HIGH_RES_CHANNELS = 8, 24 + 40 + 112 + 320
POOLED_CHANNELS = 1280


def square_pixels(image: Image.Image) -> np.ndarray:
    """Return uint8 `[128, 128, 3]` of an RGB picture.

    It is pasted centred on a square of `PAD_COLOR`, then resized (bicubic, antialiased).
    """
    side = max(image.size)
    if image.width != image.height:
        square = Image.new("RGB", (side, side), PAD_COLOR)
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    if side != IMAGE_SIZE:
        image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)
    return np.asarray(image)
