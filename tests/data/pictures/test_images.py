import io
import zlib

import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.images import BadImage, ImageStore, decode_image, write_images
from bettersynth.errors import UserError


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


def test_a_zip_of_images_depends_on_them_alone_and_reads_by_name(tmp_path):
    pairs = [("a/1.png", encoded(Image.new("RGB", (2, 2)))), ("b.png", b"raw")]
    for name in ("one.zip", "two.zip"):
        write_images(tmp_path / name, pairs)
    assert sha256_of_file(tmp_path / "one.zip") == sha256_of_file(tmp_path / "two.zip")
    store = ImageStore(tmp_path / "one.zip")
    assert store.names() == ["a/1.png", "b.png"]
    assert store.read("b.png") == b"raw"
    with pytest.raises(UserError, match=r"c\.png is in none of"):
        store.read("c.png")


def test_a_missing_or_broken_zip_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="does not exist; run"):
        ImageStore(tmp_path / "none.zip").names()
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(UserError, match="not a complete zip"):
        ImageStore(tmp_path / "half.zip").names()
