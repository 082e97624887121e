"""The size in a file's header, where it is that of the picture as shown."""

from __future__ import annotations

import io
import random
import warnings

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


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize("count", [b"\xff\xff", b"\x00\x05"])
def test_broken_exif_is_left_to_the_decoder_whatever_warnings_do(action, count):
    stream = io.BytesIO()
    # a TIFF header, then a table that claims more entries than there are
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + count + b"\x01\x12\0\x03\0\0\0\x01\0\x06"
    Image.new("RGB", (40, 20)).save(stream, "JPEG", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        assert quick_shape(stream.getvalue()) is None
        assert Images({"x": stream.getvalue()}.__getitem__).shape("x") == (40, 20)


def test_no_damage_to_a_header_ends_in_an_exception():
    rng = random.Random(0)
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x112] = 6
    Image.new("RGB", (16, 8)).save(stream, "JPEG", exif=exif)
    whole = stream.getvalue()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[rng.randrange(2, 120)] = rng.randrange(256)
        shape = quick_shape(bytes(damaged))
        assert shape is None or len(shape) == 2
