"""image_face_ratio_filter: the largest face box over the picture."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import batch_of, cases, differences, export_differences

CASES = cases("image_stats", "image_face_ratio_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    values, flags = measured(
        "image_face_ratio_filter",
        batch_of({"images": []}),
    )
    assert all(column == [[]] for column in values.values())
    assert flags == [True]


def test_a_picture_without_a_face_has_the_ratio_0():
    values, flags = measured("image_face_ratio_filter", batch_of({"images": ["images/gray.png"]}))
    assert values == {"face_ratios": [[0.0]]}
    assert flags == [True]
