import io
import pickle

import pytest
from PIL import Image

from bettersynth.data.pictures.images import ImageStore, image_name
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.errors import UserError


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_pictures_are_read_by_name_and_the_last_folder_has_the_word(tmp_path):
    pairs = [("a/1.png", encoded(Image.new("RGB", (2, 2)))), ("b.png", b"raw")]
    write_images(tmp_path / "one", pairs)
    write_images(tmp_path / "two", [("b.png", b"newer"), ("c.png", b"c")])
    store = ImageStore(tmp_path / "one")
    assert store.names() == ["a/1.png", "b.png"]
    assert store.read("b.png") == b"raw"
    with pytest.raises(UserError, match=r"c\.png is in none of: .*one"):
        store.read("c.png")
    both = ImageStore(tmp_path / "one", tmp_path / "two")
    assert both.names() == ["a/1.png", "b.png", "c.png"]
    assert both.read("b.png") == b"newer"
    assert both.read("a/1.png") == pairs[0][1]
    assert "d.png" not in both


def test_a_store_goes_to_other_processes_by_its_folders_alone(tmp_path):
    write_images(tmp_path / "one", [("a.png", b"raw")])
    store = ImageStore(tmp_path / "one")
    store.read("a.png")
    assert pickle.loads(pickle.dumps(store)).read("a.png") == b"raw"


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="does not exist; run"):
        ImageStore(tmp_path / "none").names()


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
