from __future__ import annotations

import io

import pytest
from PIL import Image
from support.small_archives import drawing, picture_bytes

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.sources.pair import Picture, store


def test_a_photo_is_kept_to_the_byte(tmp_path):
    data = picture_bytes(7, "JPEG", (50, 30))
    (tmp_path / "a.jpg").write_bytes(data)
    stored = store(Picture("a.jpg", "photo", path=tmp_path / "a.jpg"), 16)
    assert (stored.sha256, stored.size_bytes, stored.width, stored.height) == (
        sha256_of_bytes(data),
        len(data),
        50,
        30,
    )
    assert stored.data == b""


def test_a_drawing_is_stored_as_the_same_bytes_every_time():
    one, two = (store(Picture("a.png", "svg", drawing(5)), 40) for _ in range(2))
    assert one == two
    assert Image.open(io.BytesIO(one.data)).size == (one.width, one.height) == (40, 40)


def test_transparent_parts_of_a_raster_become_white():
    stream = io.BytesIO()
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (5, 5, 15, 15))
    image.save(stream, "PNG")
    stored = store(Picture("a.png", "raster", stream.getvalue()), 160)
    shown = Image.open(io.BytesIO(stored.data)).convert("RGB")
    assert shown.getpixel((0, 0)) == (255, 255, 255)
    assert shown.getpixel((10, 10)) == (255, 0, 0)


def test_a_drawing_of_one_flat_colour_is_refused():
    with pytest.raises(BadImage, match="flat picture"):
        store(
            Picture(
                "a.png",
                "svg",
                (
                    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" '
                    b'height="9"/></svg>'
                ),
            ),
            32,
        )
