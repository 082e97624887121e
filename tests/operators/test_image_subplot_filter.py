"""image_subplot_filter: level and upright lines in an even grid."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw
from support.one_operator import measured, measured_good
from support.parity import batch_of, cases, differences, export_differences

from bettersynth.operators import load_operator

CASES = cases("image_stats", "image_subplot_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    values, flags = measured(
        "image_subplot_filter",
        batch_of({"images": []}),
    )
    assert values["image_subplot_confidence"] == [[]]
    assert values["subplot_detected"] == [False]
    assert flags == [True]


def test_no_wanted_lines_are_all_of_them():
    settings = {
        "min_horizontal_lines": 0,
        "min_vertical_lines": 0,
        "hough_threshold": 20,
        "min_line_length": 10,
        "angle_tolerance": 10.0,
    }
    sample = batch_of({"images": ["images/shapes0.png"]})
    values = measured_good("image_subplot_filter", sample, **settings).values
    assert 0 <= values["image_subplot_confidence"][0][0] <= 1


def grid_picture():
    """Return 400 x 400 pixels of white with four level and four upright black lines, 100 apart."""
    picture = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(picture)
    for place in (50, 150, 250, 350):
        draw.line([(20, place), (380, place)], "black", 3)
        draw.line([(place, 20), (place, 380)], "black", 3)
    return picture


def test_a_grid_is_found_and_its_sample_dropped():
    operator = load_operator("image_subplot_filter")
    confidence, level, upright = operator.grid_score(grid_picture(), operator.Measuring())
    assert confidence > 0.5
    assert level >= 4 and upright >= 4
    columns = {
        "image_subplot_confidence": [[confidence], [confidence, 0.0]],
        "horizontal_peak_count": [[level], [level, 0]],
        "vertical_peak_count": [[upright], [upright, 0]],
    }
    assert operator.keep(columns, operator.Deciding()).tolist() == [False, False]
    assert operator.keep(columns, operator.Deciding(any_or_all="all")).tolist() == [False, True]


def test_an_empty_picture_has_no_lines():
    operator = load_operator("image_subplot_filter")
    blank = Image.new("RGB", (200, 200), "white")
    assert operator.grid_score(blank, operator.Measuring()) == (0.0, 0, 0)
