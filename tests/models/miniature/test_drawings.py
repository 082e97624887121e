import io

import numpy as np
import pytest
from PIL import Image

from bettersynth.models.miniature.drawings import COLORS, SHAPES, draw


def picture(*arguments, **more) -> np.ndarray:
    data = draw(*arguments, np.random.default_rng(0), **more)
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_its_colour_on_a_light_ground(shape):
    pixels = picture(shape, "red")
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 100)
    assert 100 < red.sum() < 64 * 64 / 2
    assert np.median(pixels) > 230


def test_widths_and_words_are_drawn_as_asked():
    assert picture("circle", "blue", width=400).shape == (64, 400, 3)
    assert (picture("", "black", text="STOP") < 100).any()
    assert len(COLORS) == 6
