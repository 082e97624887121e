"""image_aspect_ratio_filter: width over height of each listed picture."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import batch_of, cases, differences, export_differences

GRAY = "images/gray.png"


CASES = [
    *cases("image_stats", "image_aspect_ratio_filter"),
    *cases("mm_stats", "image_aspect_ratio_filter"),
]


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    no_picture = batch_of({"images": []})
    values, flags = measured("image_aspect_ratio_filter", no_picture, min_ratio=2.9)
    assert all(column == [[]] for column in values.values())
    assert flags == [True]


def test_a_picture_counts_as_often_as_it_is_listed():
    values, _ = measured("image_aspect_ratio_filter", batch_of({"images": [GRAY, GRAY]}))
    assert len(values["aspect_ratios"][0]) == 2
