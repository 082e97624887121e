"""The size in a file's header, where it is that of the picture as shown."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.parity import FOLDER

from bettersynth.data.pictures.image_header import quick_shape
from bettersynth.data.samples.batch import Images


@pytest.mark.parametrize("path", sorted((FOLDER / "images").iterdir()), ids=lambda path: path.name)
def test_the_size_in_the_header_is_that_of_the_picture(path):
    data = path.read_bytes()
    assert quick_shape(data) in (None, Images(lambda _: data).picture("x").size)


def test_a_png_that_may_be_turned_is_left_to_the_decoder():
    turned = Image.Exif()
    turned[0x112] = 6  # the tag Orientation: turned by 90 degrees
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>', zip=True)
    shapes = []
    for settings in ({}, {"exif": turned}, {"pnginfo": text}):
        stream = io.BytesIO()
        Image.new("RGB", (40, 20)).save(stream, "PNG", **settings)
        data = stream.getvalue()
        shapes.append((quick_shape(data), Images({"x": data}.__getitem__).shape("x")))
    assert shapes == [((40, 20), (40, 20)), (None, (20, 40)), (None, (20, 40))]
