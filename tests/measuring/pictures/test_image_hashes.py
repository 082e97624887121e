"""The four perceptual hashes; their values are held by the fixtures of image_deduplicator."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bettersynth.measuring.pictures.image_hashes import HASHES


def ramp(reverse: bool = False) -> Image.Image:
    """Return 64 x 64 pixels that grow brighter (or darker) from left to right."""
    row = np.arange(0, 256, 4, dtype=np.uint8)
    pixels = np.tile(row[::-1] if reverse else row, (64, 1))
    return Image.fromarray(pixels).convert("RGB")


@pytest.mark.parametrize("method", sorted(HASHES))
def test_a_hash_has_16_hex_digits_and_tells_a_ramp_from_its_mirror(method):
    value = HASHES[method](ramp())
    assert len(value) == 16
    assert int(value, 16) != int(HASHES[method](ramp(reverse=True)), 16)


def test_brighter_neighbours_and_brighter_halves():
    assert HASHES["dhash"](ramp()) == "f" * 16
    assert HASHES["dhash"](ramp(reverse=True)) == "0" * 16
    assert HASHES["ahash"](ramp()) == "0f" * 8
