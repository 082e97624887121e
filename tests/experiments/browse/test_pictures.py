import io

import numpy as np
import pytest
from PIL import Image
from support.small_looks import small_looks
from support.small_pool import picture

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pictures import Pictures, _media_type


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_looks().pairs


def test_a_picture_is_served_as_it_is_stored(pairs):
    content, kind = Pictures(pairs).shown(0, 0)
    assert kind == "image/png"
    assert content == picture(0, width=48)


@pytest.mark.parametrize(("row", "number"), [(8, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_picture_that_no_pair_has_is_not_there(pairs, row, number):
    with pytest.raises(UserError):
        Pictures(pairs).shown(row, number)


def test_another_picture_under_the_same_name_is_refused(pairs):
    write_images("data/pool/images", [("s00.png", picture(5))])
    with pytest.raises(UserError, match="images is of another pool than workspace"):
        Pictures(pairs).shown(0, 0)


def encoded(kind):
    stream = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_browsers_show_is_told_by_its_bytes(kind):
    assert _media_type(encoded(kind)) == f"image/{kind.lower()}"


def test_what_may_hold_a_script_or_is_unknown_has_no_type_of_its_own():
    assert _media_type(b"<svg onload='alert(1)'/>") == ""
    assert _media_type(b"<html>") == ""
    assert _media_type(encoded("BMP")) == ""
