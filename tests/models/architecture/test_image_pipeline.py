from __future__ import annotations

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from support.mgm_reference import PREPROCESS

from bettersynth.models.architecture.image_pipeline import ImagePipeline, pad_to_square

EXPECTED = load_file(PREPROCESS / "image_pipeline.safetensors")


@pytest.mark.parametrize("aspect", ["square", "pad"])
@pytest.mark.parametrize("grid", [1, 2])
@pytest.mark.parametrize("sample", [0, 1, 2])
def test_both_inputs_equal_the_reference_to_the_bit(aspect, grid, sample):
    pipeline = ImagePipeline(16, 64 * grid, grid, grid == 2, aspect)
    names = ["img_wide.png", "img_tall.png"]
    image, image_aux = (
        pipeline(Image.open(PREPROCESS / names[sample])) if sample < 2 else pipeline.blank()
    )
    assert torch.equal(image, EXPECTED[f"{aspect}.grid{grid}.{sample}.image"])
    assert torch.equal(image_aux, EXPECTED[f"{aspect}.grid{grid}.{sample}.image_aux"])


def test_padding_is_clips_mean_colour():
    square = pad_to_square(Image.new("RGB", (5, 2), (1, 2, 3)))
    assert square.size == (5, 5)
    assert square.getpixel((0, 0)) == (122, 116, 104)
    assert square.getpixel((0, 1)) == (1, 2, 3)
