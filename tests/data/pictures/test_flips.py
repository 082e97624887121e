"""Mirrors act on the picture, the order of channels is left to who scores it."""

import numpy as np
from PIL import Image

from bettersynth.data.pictures.flips import NO_FLIPS, Flips

PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def test_a_picture_is_mirrored_left_to_right_and_top_to_bottom():
    picture = Image.fromarray(PIXELS)
    assert np.array_equal(np.asarray(Flips(mirror=True).apply(picture)), PIXELS[:, ::-1])
    assert np.array_equal(np.asarray(Flips(upside_down=True).apply(picture)), PIXELS[::-1])
    assert np.array_equal(np.asarray(Flips(True, True).apply(picture)), PIXELS[::-1, ::-1])


def test_no_flips_leave_the_picture_and_say_so():
    picture = Image.fromarray(PIXELS)
    assert NO_FLIPS.apply(picture) is picture
    assert not any(NO_FLIPS)
    assert any(Flips(channels_first=True))
