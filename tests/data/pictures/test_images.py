import io

import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.images import ImageStore, image_name, write_images
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


def test_a_picture_whose_bytes_changed_names_the_zip_and_what_brings_it_back(tmp_path):
    path = tmp_path / "images.zip"
    write_images(path, [("a.png", b"first picture"), ("b.png", b"second picture")])
    path.write_bytes(path.read_bytes().replace(b"first", b"fIrst"))
    store = ImageStore(path)
    with pytest.raises(UserError, match=r"images\.zip is damaged \(Bad CRC-32 .*a\.png.*delete it"):
        store.read("a.png")
    assert store.read("b.png") == b"second picture"


def test_a_link_that_leaves_the_folder_is_refused(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (folder / "own.png").write_bytes(b"x")
    (folder / "inside.png").symlink_to("own.png")
    (folder / "outside.png").symlink_to("../secret.png")
    (folder / "up").symlink_to(tmp_path)
    (tmp_path / "entry").symlink_to(folder)
    assert image_name("inside.png", 0, folder, "line 1") == "inside.png"
    # the folder itself may be a link
    assert image_name("own.png", 0, tmp_path / "entry", "line 1") == "own.png"
    for name in ("outside.png", "up/secret.png"):
        with pytest.raises(UserError, match=r"line 1: images\[0\] .* is a link to .*, outside"):
            image_name(name, 0, folder, "line 1")


def test_a_folder_in_the_place_of_a_zip_names_its_path(tmp_path):
    (tmp_path / "images.zip").mkdir()
    with pytest.raises(UserError, match=r"images\.zip is a folder; it must be a file"):
        ImageStore(tmp_path / "images.zip").read("a.png")
