"""Pictures prepared as CLIP's processor prepares them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from support.parity import batch_of

from bettersynth.measuring.models.clip_preparation import ClipPreparation, center_crop
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

MEAN, DEVIATION = [0.48, 0.46, 0.41], [0.27, 0.26, 0.28]


@pytest.mark.parametrize("name", ["wide.png", "shapes0.png", "gray.png", "px1x3.png"])
@pytest.mark.parametrize("size", [{"shortest_edge": 32}, {"width": 20, "height": 44}])
def test_a_picture_is_prepared_as_by_the_processor_of_transformers(name, size):
    declare_missing_schemas()
    from transformers import CLIPImageProcessorPil

    crop = {"height": 32, "width": 32}
    theirs = CLIPImageProcessorPil(size=size, crop_size=crop, image_mean=MEAN, image_std=DEVIATION)
    picture = batch_of().pictures.picture(f"images/{name}")
    expected = theirs(picture, return_tensors="np", input_data_format="channels_last")
    settings = {"size": size, "crop_size": crop, "image_mean": MEAN, "image_std": DEVIATION}
    prepare = ClipPreparation(settings)
    ours = prepare.scaled(torch.from_numpy(prepare(picture))[None])[0].numpy()
    np.testing.assert_allclose(ours, expected["pixel_values"][0], atol=1e-6)


def test_bytes_are_scaled_to_the_bits_of_float64():
    settings = {"image_mean": MEAN, "image_std": DEVIATION}
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 1, 3).transpose(0, 3, 1, 2)
    mean, deviation = (np.array(of, np.float32).reshape(3, 1, 1) for of in (MEAN, DEVIATION))
    scaled = (pixels[0].astype(np.float64) * (1 / 255)).astype(np.float32)
    ours = ClipPreparation(settings).scaled(torch.from_numpy(np.ascontiguousarray(pixels)))
    assert np.array_equal(ours[0].numpy(), (scaled - mean) / deviation)


def test_a_picture_3_pixels_high_can_be_read_with_its_rows_as_channels():
    prepare = ClipPreparation(
        {"size": 8, "crop_size": 8, "image_mean": [0] * 3, "image_std": [1] * 3}
    )
    rows = np.array([[[10, 10, 10]], [[20, 20, 20]], [[30, 30, 30]]], dtype=np.uint8)
    prepared = prepare(Image.fromarray(rows), channels_first=True)
    assert prepared.shape == (3, 8, 8)
    for channel, value in enumerate((10, 20, 30)):
        assert (prepared[channel] == value).all()


def test_the_middle_is_cut_out_or_lies_on_zeros():
    pixels = np.arange(5 * 4 * 3).reshape(5, 4, 3)
    assert np.array_equal(center_crop(pixels, 2, 3), pixels[1:4, 1:3])
    wider = center_crop(pixels, 6, 5)
    assert wider.shape == (5, 6, 3)
    assert np.array_equal(wider[:, 1:5], pixels)
    assert not wider[:, 0].any() and not wider[:, 5].any()
