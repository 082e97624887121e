"""image_face_count_filter: face boxes of OpenCV's cascade."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import batch_of, cases, differences, export_differences

from bettersynth.operators import load_operator

CASES = cases("image_stats", "image_face_count_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    values, flags = measured(
        "image_face_count_filter",
        batch_of({"images": []}),
    )
    assert all(column == [[]] for column in values.values())
    assert flags == [True]


def test_a_gray_picture_has_no_face():
    values, flags = measured("image_face_count_filter", batch_of({"images": ["images/gray.png"]}))
    assert values == {"face_counts": [[0]]}
    assert flags == [False]


def test_the_hash_is_that_of_the_cascade(tmp_path):
    operator = load_operator("image_face_count_filter")
    (tmp_path / "other.xml").write_text("<opencv_storage/>")
    other = operator.Measuring(cv_classifier=str(tmp_path / "other.xml"))
    assert operator.model_hash(other) != operator.model_hash(operator.Measuring())
