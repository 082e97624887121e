from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.bounds import SHARES, is_end, number_of_bound, stat_range
from bettersynth.recipes.lines import read_recipe


def read(name, **settings):
    return read_recipe([{name: settings}], "recipe", settings.pop("compat", ""))[0]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("text_length_filter", {"min_len": 5, "max_len": 4}, "min_len 5.0, max_len 4.0: the lower"),
        # the default of the end that is not given counts too
        ("text_length_filter", {"max_len": 5}, "min_len 10, max_len 5.0: the lower end is above"),
        ("image_shape_filter", {"min_height": 9, "max_height": 8}, "min_height 9.0, max_height 8"),
        ("image_size_filter", {"min_size": "2MB", "max_size": "1MB"}, "min_size 2MB, max_size 1MB"),
        ("specified_numeric_field_filter", {"min_value": 2, "max_value": 1}, "min_value 2.0, max_"),
        ("alphanumeric_filter", {"min_ratio": 1.5}, "alnum_ratio lies from 0 to 1"),
        (
            "stopwords_filter",
            {"min_ratio": -2, "max_ratio": -1},
            "stopwords_ratio lies from 0 to 1",
        ),
        ("language_id_score_filter", {"min_score": 80}, "lang_score lies from 0 to 1"),
        (
            "image_watermark_filter",
            {"prob_threshold": -0.1},
            "prob_threshold -0.1; image_watermark",
        ),
        ("image_text_similarity_filter", {"min_score": 1.01, "max_score": 9}, "lies from -1 to 1"),
        (
            "words_num_filter",
            {"min_num": 3, "max_num": 3, "min_closed_interval": False},
            "min_num 3.0, max_num 3.0, min_closed_interval false",
        ),
        (
            "special_characters_filter",
            {"min_ratio": 0, "max_ratio": 1, "reversed_range": True, "min_closed_interval": False}
            | {"max_closed_interval": False},
            "reversed_range true; special_char_ratio lies from 0 to 1",
        ),
        ("topk_specified_field_selector", {"top_ratio": 1.5}, r"top_ratio is 1.5; it must be in"),
        ("random_selector", {"select_num": -1}, "select_num is -1; it must not be below 0"),
        ("remove_long_words_mapper", {"min_len": 9, "max_len": 8}, "min_len 9.0, max_len 8.0: the"),
        ("document_minhash_deduplicator", {"jaccard_threshold": 7}, "jaccard_threshold is 7"),
        ("semantic_deduplicator", {"similarity_threshold": 95}, "similarity_threshold is 95"),
        (
            "range_specified_field_selector",
            {"lower_rank": 5, "upper_rank": 4},
            "lower_rank 5 is above upper_rank 4",
        ),
    ],
)
@pytest.mark.parametrize("compat", ["", "data_juicer"])
def test_bounds_that_no_value_can_meet_are_refused(name, settings, message, compat):
    with pytest.raises(UserError, match=rf"recipe\[0\]\.{name}: .*{message}"):
        read(name, compat=compat, **settings)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("text_length_filter", {"min_len": 0, "max_len": 0}),
        ("alphanumeric_filter", {"min_ratio": 1, "max_ratio": 50}),
        ("alphanumeric_filter", {"min_ratio": 1.5, "tokenization": True}),
        ("special_characters_filter", {"min_ratio": 0, "max_ratio": 1, "reversed_range": True}),
        ("text_length_filter", {"min_len": 5, "max_len": 9, "reversed_range": True}),
        ("image_aesthetics_filter", {"min_score": 5, "max_score": 10}),
        ("specified_numeric_field_filter", {"min_value": -9, "max_value": -8}),
        ("image_text_similarity_filter", {"min_score": -1.0}),
        ("range_specified_field_selector", {"lower_percentile": 0.5, "upper_percentile": 0.5}),
    ],
)
def test_bounds_that_some_value_meets_are_taken(name, settings):
    line = read(name, **settings)
    assert line.given == tuple(settings)


def test_ends_and_ranges():
    assert is_end("min_len") and not is_end("min_closed_interval") and not is_end("threshold")
    assert stat_range("char_rep_ratio") == (0, 1)
    assert stat_range("image_text_similarity") == (-1, 1)
    assert stat_range("text_len") == (0, float("inf"))
    assert stat_range("my_own_stat") == (float("-inf"), float("inf"))
    assert "jaccard_threshold" in SHARES


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"image_face_count_filter": {"scaleFactor": 1}}, "scaleFactor is 1.0; it must be from"),
        ({"image_face_ratio_filter": {"minNeighbors": 2**40}}, "minNeighbors is"),
        (
            {"image_face_count_filter": {"minSize": [3]}},
            r"minSize is \[3\]; it must be a width and",
        ),
        ({"image_subplot_filter": {"hough_threshold": 2**40}}, "hough_threshold is"),
        (
            {"document_minhash_deduplicator": {"window_size": 0}},
            "window_size is 0; it must be from",
        ),
        ({"document_minhash_deduplicator": {"num_permutations": 0}}, "num_permutations is 0"),
        (
            {"document_minhash_deduplicator": {"num_bands": 99, "num_rows_per_band": 3}},
            "num_bands x num_rows_per_band is 297, more than the num_permutations 256",
        ),
        ({"document_simhash_deduplicator": {"window_size": -1}}, "window_size is -1"),
        ({"character_repetition_filter": {"rep_len": 0}}, "rep_len is 0; it must be from 1"),
        ({"word_repetition_filter": {"rep_len": -1}}, "rep_len is -1"),
    ],
)
def test_settings_that_measure_nothing_are_refused_before_the_first_row(line, message):
    with pytest.raises(UserError, match=message):
        read_recipe([line], "recipe")


def test_a_bound_is_the_number_that_the_filter_decides_by():
    (line,) = read_recipe([{"image_size_filter": {"max_size": "1.5KB"}}], "recipe")
    assert number_of_bound(line.deciding, "max_size") == 1536
    (line,) = read_recipe([{"image_size_filter": {"max_size": "1.5KB"}}], "recipe", "data_juicer")
    # joins the digits, as Data-Juicer
    assert number_of_bound(line.deciding, "max_size") == 15 * 1024
