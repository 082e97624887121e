"""Any picture becomes one square of one size."""

import numpy as np
from PIL import Image

from bettersynth.models.backbones.lite0_shapes import PAD_COLOR, square_pixels


def test_a_wide_picture_is_padded_above_and_below() -> None:
    pixels = square_pixels(Image.new("RGB", (128, 32), (255, 0, 0)))
    assert pixels.shape == (128, 128, 3)
    assert tuple(pixels[10, 64]) == PAD_COLOR
    assert tuple(pixels[64, 64]) == (255, 0, 0)


def test_a_tall_picture_is_padded_left_and_right_and_then_enlarged() -> None:
    pixels = square_pixels(Image.new("RGB", (16, 64), (255, 0, 0)))
    assert pixels.shape == (128, 128, 3)
    assert tuple(pixels[64, 10]) == PAD_COLOR
    assert tuple(pixels[64, 64]) == (255, 0, 0)


def test_a_square_of_the_size_stays_as_it_is() -> None:
    given = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    assert np.array_equal(square_pixels(Image.fromarray(given)), given)
