"""image_quality_filter: its four numbers, and who stays."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.operators import image_quality_filter as operator


def measured(*pictures: Image.Image):
    files = {}
    for number, picture in enumerate(pictures):
        stream = io.BytesIO()
        picture.save(stream, "PNG")
        files[f"{number}.png"] = stream.getvalue()
    names = [[name] for name in files]
    batch = Batch([""] * len(names), names, Images(files.__getitem__))
    return operator.measure(batch, operator.Measuring())


def noise() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_blur_lowers_sharpness_and_a_plain_picture_has_neither_contrast_nor_border():
    blurred = noise().filter(ImageFilter.GaussianBlur(2))
    values = measured(noise(), blurred, Image.new("RGB", (40, 40), "white"))
    (sharp,), (soft,), (plain,) = values["image_sharpness"]
    assert sharp > 100 * soft > plain == 0
    assert values["image_contrast"][2] == values["image_border"][2] == [0.0]


def test_all_four_numbers_must_be_in_their_ranges():
    values = measured(noise(), Image.new("RGB", (40, 40), "white"))
    kept = operator.keep(values, operator.Deciding(min_contrast=5))
    assert kept.tolist() == [True, False]
    assert operator.keep(values, operator.Deciding()).tolist() == [True, True]
    assert operator.keep(values, operator.Deciding(min_sharpness=1e9)).tolist() == [False, False]


def test_a_sample_without_pictures_stays():
    batch = Batch([""], [[]], Images(str.encode))
    values = operator.measure(batch, operator.Measuring())
    assert operator.keep(values, operator.Deciding(min_contrast=5)).tolist() == [True]
