"""Faces by OpenCV's cascade; what they count is held by the fixtures of the two face filters."""

from __future__ import annotations

import pytest
from support.parity import batch_of

from bettersynth.errors import UserError
from bettersynth.measuring.pictures.faces import (
    Measuring,
    find_faces,
    load_cascade,
    model_hash,
    per_picture,
)


def test_a_value_is_made_of_each_listed_picture():
    batch = batch_of({"images": ["images/gray.png", "images/gray.png"]}, {"images": []})

    def width(boxes, picture):
        return picture.width if not boxes else -1

    side = batch.pictures.shape("images/gray.png")[0]
    assert per_picture(batch, Measuring(), width) == [[side, side], []]


def test_a_picture_without_a_face_has_no_box():
    picture = batch_of().pictures.picture("images/gray.png")
    assert find_faces(picture, Measuring()) == []


def test_a_file_that_is_no_cascade_is_named(tmp_path):
    with pytest.raises(UserError, match="cv_classifier /nowhere.xml is not a cascade file"):
        load_cascade("/nowhere.xml")


def test_the_hash_is_that_of_the_cascade(tmp_path):
    (tmp_path / "other.xml").write_text("<opencv_storage/>")
    other = Measuring(cv_classifier=str(tmp_path / "other.xml"))
    assert model_hash(other) != model_hash(Measuring())
