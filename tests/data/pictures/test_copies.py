"""Copies are found through resizing, compression and cuts; other pictures are none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bettersynth.data.pictures.copies import find_copies, originals_of, thumbnail_pixels


def drawn(seed: int) -> Image.Image:
    """Return a picture of twelve coloured shapes, others for each seed."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (200, 160), tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = rng.integers(0, 160), rng.integers(0, 120)
        box = (left, top, left + rng.integers(15, 60), top + rng.integers(15, 60))
        draw.ellipse(tuple(map(int, box)), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return picture


def recompressed(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=40)
    return Image.open(stream).convert("RGB")


ORIGINALS = originals_of(np.stack([thumbnail_pixels(drawn(seed)) for seed in range(8)]))


def found(*pictures: Image.Image):
    pixels = np.stack([thumbnail_pixels(picture) for picture in pictures])
    return {copy.picture: copy.original for copy in find_copies(pixels, ORIGINALS)}


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.resize((90, 80), Image.Resampling.LANCZOS),
        recompressed,
        lambda picture: picture.crop((30, 10, 190, 140)),
        lambda picture: recompressed(picture.crop((0, 40, 160, 160)).resize((300, 200))),
    ],
    ids=["resized", "recompressed", "cut", "all"],
)
def test_a_changed_copy_is_traced_to_its_original(change):
    assert found(change(drawn(3)), change(drawn(6))) == {0: 3, 1: 6}


def test_a_picture_that_an_original_was_cut_from_is_found():
    whole = np.stack([thumbnail_pixels(drawn(20))])
    cut = originals_of(np.stack([thumbnail_pixels(drawn(20).crop((20, 20, 180, 150)))]))
    (copy,) = find_copies(whole, cut)
    assert (copy.picture, copy.original) == (0, 0)
    assert copy.correlation > 0.965


def test_other_and_plain_pictures_are_no_copies():
    plain = Image.new("RGB", (50, 50), "white")
    assert found(drawn(30), drawn(31), plain) == {}
    recoloured = Image.merge("RGB", drawn(3).split()[::-1])
    assert found(recoloured) == {}
