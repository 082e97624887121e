"""image_shape_filter: a picture is inside when its width and its height are."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import batch_of, cases, differences, export_differences

GRAY, SHAPES = "images/gray.png", "images/shapes0.png"


CASES = [
    *cases("image_stats", "image_shape_filter"),
    *cases("mm_stats", "image_shape_filter"),
]


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    values, flags = measured("image_shape_filter", batch_of({"images": []}), min_width=10**6)
    assert all(column == [[]] for column in values.values())
    assert flags == [True]


def gray_width():
    return batch_of({"images": [GRAY]}).pictures.shape(GRAY)[0]


def test_both_ends_belong_to_the_range_unless_left_out():
    width = gray_width()
    closed = {"min_width": width, "max_width": width}
    sample = batch_of({"images": [GRAY]})
    assert measured("image_shape_filter", sample, **closed)[1] == [True]
    left_open = {"min_width": width, "min_closed_interval": False}
    assert measured("image_shape_filter", sample, **left_open)[1] == [False]


def test_any_or_all_of_the_pictures_must_be_inside():
    width = gray_width()
    sample = batch_of({"images": [GRAY, SHAPES]})
    same_width = sample.pictures.shape(SHAPES)[0] == width
    for mode, stays in (("any", True), ("all", same_width)):
        settings = {"min_width": width, "max_width": width, "any_or_all": mode}
        assert measured("image_shape_filter", sample, **settings)[1] == [stays]
