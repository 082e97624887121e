from __future__ import annotations

import io
import os
import random
import zlib

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.pictures.decoding import (
    FORMATS,
    MAX_FILE_BYTES,
    BadImage,
    decode_image,
    eight_bits,
    picture_size_bytes,
    read_picture,
)


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_header_only(width, height):
    def chunk(kind, data):
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def test_exif_rotation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decode_image(encoded(Image.new("RGB", (30, 20), "red"), "JPEG", exif=exif))
    assert image.size == (20, 30)
    assert image.mode == "RGB"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"hello", "not an image"),
        (encoded(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG")[:900], "truncated"),
        (png_header_only(20_000, 20_000), "too many pixels"),
        (png_header_only(9_000, 9_000), "too many pixels: 9000x9000"),
        (png_header_only(10, 10), "truncated|broken"),
    ],
)
def test_a_bad_image_gives_its_reason(data, reason):
    with pytest.raises(BadImage, match=reason):
        decode_image(data)


def ramp(dtype: type, top: float) -> np.ndarray:
    """A row of grey values from 0 to `top`."""
    return np.linspace(0, top, 256).round(6).astype(dtype).reshape(1, 256).repeat(4, axis=0)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (ramp(np.uint16, 65_535), "PNG"),
        (ramp(np.uint16, 65_535), "TIFF"),
        (ramp(np.int32, 65_535), "TIFF"),
        (ramp(np.int32, 2**31 - 1), "TIFF"),
        (ramp(np.int32, 255), "TIFF"),
        (ramp(np.float32, 1.0), "TIFF"),
        (ramp(np.float32, 300.0) - 20, "TIFF"),
    ],
)
def test_more_than_eight_bits_keep_their_range(values, kind):
    picture = np.asarray(decode_image(encoded(Image.fromarray(values), kind)))
    assert picture.shape == (4, 256, 3)
    assert np.abs(picture[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_sixteen_bits_are_pillows_white_for_data_juicer():
    data = encoded(Image.fromarray(ramp(np.uint16, 65_535)), "PNG")
    assert np.asarray(decode_image(data, as_data_juicer=True)).mean() > 200
    assert 126 < np.asarray(decode_image(data)).mean() < 129


def test_fractions_that_are_no_numbers_are_black():
    values = np.array([[np.nan, 1.0], [0.0, np.inf]], dtype=np.float32)
    assert np.asarray(eight_bits(Image.fromarray(values)))[0, 0] == 0


def test_a_programs_language_is_no_picture():
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    with pytest.raises(BadImage, match="not an image: it is none of JPEG"):
        decode_image(eps)


@pytest.mark.parametrize("kind", ["DDS", "BLP", "SPIDER", "PCX", "TGA", "SGI"])
def test_formats_beyond_the_list_are_refused_by_name(kind):
    picture = Image.new("P" if kind == "BLP" else "F" if kind == "SPIDER" else "RGB", (8, 8))
    with pytest.raises(BadImage, match="not an image: it is none of"):
        decode_image(encoded(picture, kind))


def test_a_long_thin_picture_is_refused_before_it_is_decoded():
    with pytest.raises(BadImage, match="on a side: 64000000x1, limit 65535"):
        decode_image(png_header_only(64_000_000, 1))


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "DIB"])
def test_no_damage_lets_anything_but_its_reason_out(kind):
    draw = random.Random(kind)
    noise = Image.effect_noise((40, 30), 60).convert("RGB")
    whole = encoded(noise, kind)
    for _ in range(40):
        damaged = bytearray(whole[: draw.randrange(8, len(whole) + 1)])
        for _ in range(draw.randrange(1, 6)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            picture = decode_image(bytes(damaged))
        except BadImage as error:
            assert str(error)
        else:
            assert picture.mode == "RGB"


def test_no_splice_of_two_formats_lets_anything_but_its_reason_out():
    noise = Image.effect_noise((40, 30), 60).convert("RGB")
    others = ("DDS", "EPS", "ICNS", "MPO", "PCX", "PDF", "QOI", "SGI", "TGA")
    wholes = [encoded(noise, kind) for kind in (*FORMATS, *others)]
    draw = random.Random(0)
    for _ in range(300):
        first, second = draw.choice(wholes), draw.choice(wholes)
        spliced = first[: draw.randrange(len(first))] + second[draw.randrange(len(second)) :]
        try:
            picture = decode_image(spliced, draw.random() < 0.5)
        except BadImage as error:
            assert str(error)
        else:
            assert picture.mode == "RGB"


def test_what_is_no_regular_file_is_never_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", "/dev/zero", tmp_path):
        with pytest.raises(BadImage, match="no regular file"):
            read_picture(path)
    with pytest.raises(BadImage, match="does not exist"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(BadImage, match="unreadable file: File name too long"):
        read_picture(tmp_path / ("x" * 300))


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "large.jpg"
    with open(path, "wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(BadImage, match="too large: 268,435,457 bytes"):
        read_picture(path)


def test_the_size_of_what_is_no_regular_file_is_none(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"123")
    assert picture_size_bytes(tmp_path / "a.jpg") == 3
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", "/dev/zero", tmp_path):
        with pytest.raises(BadImage, match="no regular file"):
            picture_size_bytes(path)
    with pytest.raises(BadImage, match="does not exist"):
        picture_size_bytes(tmp_path / "b.jpg")
