"""Data-Juicer's rules, one small case each: what counts, where a range ends, what an empty text or list of pictures means."""

from __future__ import annotations

import math

import pytest
from support.parity import FOLDER, batch_of

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.measuring.measure import measure_good
from bettersynth.recipes.lines import read_recipe

A, B = "images/gray.png", "images/shapes0.png"
TOKENS = "<__dj__image> a dog <|__dj__eoc|>"

TEXT = [
    # operator, settings, text, value, kept
    ("text_length_filter", {"min_len": 33, "max_len": 33}, TOKENS, 33, True),
    ("text_length_filter", {"min_len": 1}, "", 0, False),
    ("text_length_filter", {"min_len": 1, "max_len": 2}, "🐕é", 2, True),
    (
        "text_length_filter",
        {"min_len": 2, "max_len": 3, "max_closed_interval": False},
        "abc",
        3,
        False,
    ),
    (
        "text_length_filter",
        {"min_len": 2, "max_len": 3, "min_closed_interval": False},
        "ab",
        2,
        False,
    ),
    ("text_length_filter", {"min_len": 2, "max_len": 3, "reversed_range": True}, "abc", 3, True),
    (
        "text_length_filter",
        {"min_len": 2, "max_len": 3, "reversed_range": True, "max_closed_interval": False},
        "abc",
        3,
        False,
    ),
    ("words_num_filter", {"min_num": 4, "max_num": 4}, TOKENS, 4, True),
    ("words_num_filter", {"min_num": 1}, "--- ... 123 \u2003", 0, False),
    ("words_num_filter", {"min_num": 1, "max_num": 1}, "a\u2003dog", 1, True),
    ("words_num_filter", {"min_num": 1}, "don't (stop)\tnow\nplease", 4, True),
    ("alphanumeric_filter", {"min_ratio": 0.0}, "", 0.0, True),
    ("alphanumeric_filter", {"min_ratio": 0.5, "max_ratio": 0.9}, "中1 -", 0.5, True),
    ("character_repetition_filter", {"rep_len": 3}, "ab", 0.0, True),
    ("character_repetition_filter", {"rep_len": 1, "max_ratio": 0.5}, "aab", 2 / 3, False),
    ("character_repetition_filter", {"rep_len": 2, "max_ratio": 1.0}, "abab", 2 / 3, True),
    ("word_repetition_filter", {"rep_len": 1, "max_ratio": 0.5}, "A a b", 2 / 3, False),
    ("word_repetition_filter", {"rep_len": 5}, "a b c", 0.0, True),
    ("special_characters_filter", {"max_ratio": 0.75}, "a 1!", 0.75, True),
    ("special_characters_filter", {}, "", 0.0, True),
    ("average_line_length_filter", {"min_len": 3}, "ab\ncde", 3.0, True),
    ("average_line_length_filter", {"min_len": 0}, "", 0, True),
    ("maximum_line_length_filter", {"min_len": 3}, "ab\u2028cde\x0cf", 3, True),
    ("maximum_line_length_filter", {"min_len": 1}, "", 0, False),
]


@pytest.mark.parametrize(("name", "settings", "text", "value", "kept"), TEXT)
def test_the_value_of_a_text_and_whether_it_stays(name, settings, text, value, kept):
    line = read_recipe([{name: settings}], "recipe")[0]
    values = line.operator.measure(Batch([text], [[]], Images(str.encode)), line.measuring)
    assert next(iter(values.values())) == [pytest.approx(value)]
    assert line.operator.keep(values, line.deciding).tolist() == [kept]


def shape(name):
    return batch_of({"images": [name]}).pictures.shape(name)


PICTURES = [
    # operator, settings, pictures, kept
    ("image_shape_filter", {"min_width": 10**6}, [], True),
    ("image_aspect_ratio_filter", {"min_ratio": 100.0}, [], True),
    ("image_size_filter", {"min_size": "1GB"}, [], True),
    ("image_face_count_filter", {}, [], True),
    ("image_face_count_filter", {}, [A], False),
    ("image_face_ratio_filter", {}, [A], True),
    ("image_shape_filter", {"min_width": shape(A)[0], "max_width": shape(A)[0]}, [A], True),
    ("image_shape_filter", {"min_width": shape(A)[0], "min_closed_interval": False}, [A], False),
    (
        "image_shape_filter",
        {"min_width": shape(A)[0], "max_width": shape(A)[0], "any_or_all": "any"},
        [A, B],
        True,
    ),
    (
        "image_shape_filter",
        {"min_width": shape(A)[0], "max_width": shape(A)[0], "any_or_all": "all"},
        [A, B],
        shape(A)[0] == shape(B)[0],
    ),
    ("image_size_filter", {"min_size": "1", "max_size": "1kib"}, [A], True),
]


@pytest.mark.parametrize(("name", "settings", "pictures", "kept"), PICTURES)
def test_whether_a_sample_with_these_pictures_stays(name, settings, pictures, kept):
    line = read_recipe([{name: settings}], "recipe")[0]
    measured = measure_good(line.operator, line.measuring, batch_of({"images": pictures}))
    assert all(len(column[0]) == len(pictures) for column in measured.values.values())
    assert line.operator.keep(measured.values, line.deciding).tolist() == [kept]


def test_a_listed_picture_counts_as_often_as_it_is_listed_except_for_classifiers():
    line = read_recipe([{"image_aspect_ratio_filter": {}}], "recipe")[0]
    values = line.operator.measure(batch_of({"images": [A, A]}), line.measuring)
    assert len(values["aspect_ratios"][0]) == 2


def test_no_bound_is_no_bound():
    line = read_recipe([{"words_num_filter": {"min_num": 0}}], "recipe")[0]
    assert math.isinf(line.deciding.max_num)
    assert line.operator.keep({"num_words": [10**12]}, line.deciding).tolist() == [True]


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, [True, False, False, False, False]),
        ({"reversed_range": True, "max_value": 7}, [False, True, True, True, False]),
        ({"max_value": 1e300}, [True, True, False, False, False]),
    ],
)
def test_numbers_beyond_the_default_bounds_and_nan_lie_outside(settings, kept):
    line = read_recipe(
        [{"specified_numeric_field_filter": {"field_key": "s", **settings}}], "recipe"
    )[0]
    assert (
        line.operator.keep({"s": ["1", "1e30", "inf", "nan", "x"]}, line.deciding).tolist() == kept
    )


def test_no_wanted_lines_are_all_of_them():
    settings = {
        "min_horizontal_lines": 0,
        "min_vertical_lines": 0,
        "hough_threshold": 20,
        "min_line_length": 10,
        "angle_tolerance": 10.0,
    }
    line = read_recipe([{"image_subplot_filter": settings}], "recipe")[0]
    values = measure_good(line.operator, line.measuring, batch_of({"images": [B]})).values
    assert 0 <= values["image_subplot_confidence"][0][0] <= 1


# (pictures, Data-Juicer's own value: None where it cannot read them)
GUESSED = [
    (["grad.png", "px1x3.png"], -0.15896061062812805),
    (["grad.png", "px1.png"], -0.1558995544910431),
    (["px1x3.png", "px1x3.png"], -0.18127316236495972),
    (["px1x3.png", "grad.png"], None),
    (["px1.png", "grad.png"], None),
    (["grad.png"], -0.13664808869361877),
    (["px1x3.png"], -0.1812731921672821),
]


def test_the_first_picture_of_a_chunk_decides_on_the_channel_order_as_in_data_juicer():
    recipe = [{"image_text_similarity_filter": {"hf_clip": str(FOLDER / "clip_tiny")}}]
    line = read_recipe(recipe, "recipe", "data_juicer")[0]
    samples = [
        {
            "text": "<__dj__image>" * len(names) + " a dog",
            "images": [f"images/{name}" for name in names],
        }
        for names, _ in GUESSED
    ]
    measured = measure_good(line.operator, line.measuring, batch_of(*samples))
    assert measured.positions == [k for k, (_, value) in enumerate(GUESSED) if value is not None]
    found = [value for [value] in measured.values["image_text_similarity"]]
    assert found == pytest.approx([value for _, value in GUESSED if value is not None], abs=1e-6)
