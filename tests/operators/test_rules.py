"""Data-Juicer's rules, one small case each: what counts, where a range ends, what an empty text or list of pictures means."""

from __future__ import annotations

import math

import pytest
from parity import batch_of

from bettersynth.measuring import measure_good
from bettersynth.operators.batch import Batch, Images
from bettersynth.recipe import read_recipe

A, B = "images/gray.png", "images/shapes0.png"
TOKENS = "<__dj__image> a dog <|__dj__eoc|>"

TEXT = [
    # operator, settings, text, value, kept
    ("text_length_filter", {"min_len": 33, "max_len": 33}, TOKENS, 33, True),
    ("text_length_filter", {"min_len": 1}, "", 0, False),
    ("text_length_filter", {"min_len": 1, "max_len": 2}, "🐕é", 2, True),
    ("text_length_filter", {"min_len": 2, "max_len": 3, "max_closed_interval": False}, "abc", 3, False),
    ("text_length_filter", {"min_len": 2, "max_len": 3, "min_closed_interval": False}, "ab", 2, False),
    ("text_length_filter", {"min_len": 2, "max_len": 3, "reversed_range": True}, "abc", 3, True),
    ("text_length_filter", {"min_len": 2, "max_len": 3, "reversed_range": True, "max_closed_interval": False}, "abc", 3, False),
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
    ("image_shape_filter", {"min_width": shape(A)[0], "max_width": shape(A)[0], "any_or_all": "any"}, [A, B], True),
    ("image_shape_filter", {"min_width": shape(A)[0], "max_width": shape(A)[0], "any_or_all": "all"}, [A, B], shape(A)[0] == shape(B)[0]),
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
