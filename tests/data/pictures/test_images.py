import io

import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.images import ImageStore, write_images
from bettersynth.errors import UserError


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


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
