from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from bettersynth.experiments.workflow.compose import compose
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.refine import (
    End,
    ends_of,
    refine_line,
    refined_entry,
    written_settings,
)
from bettersynth.settings.refine import RefineSettings

ROOT = Path(__file__).parents[2]
K_SIGMA = RefineSettings("k_sigma", k=3)


def line(name, **settings):
    return read_recipe([{name: settings}], "recipe")[0]


def refined(name, values, rule=K_SIGMA, **settings):
    return refine_line(line(name, **settings), values, rule).deciding


def test_bounds_stay_within_what_a_value_can_be():
    values = {"alnum_ratio": [0.5, 0.9, 1.0, 1.0]}
    deciding = refined("alphanumeric_filter", values, min_ratio=0.1, max_ratio=0.9)
    assert (deciding.min_ratio, deciding.max_ratio) == (
        pytest.approx(0.85 - 3 * 0.238048, abs=1e-5),
        1.0,
    )
    assert refined("text_length_filter", {"text_len": [1, 40]}, min_len=5).min_len == 0


def test_counts_stay_whole_and_what_lies_on_a_bound_stays():
    deciding = refined(
        "text_length_filter",
        {"text_len": [10, 11, 13, 17]},
        RefineSettings("percentiles", low=0.1, high=0.9),
        min_len=1,
        max_len=2,
    )
    assert (deciding.min_len, deciding.max_len) == (10, 16)
    assert isinstance(deciding.min_len, int)


def test_width_and_height_each_follow_their_own_values():
    values = {"image_width": [[990], [1000], [1010]], "image_height": [[98, 102], [100]]}
    deciding = refined(
        "image_shape_filter", values, min_width=1, max_width=2, min_height=1, max_height=2
    )
    assert (deciding.min_width, deciding.max_width) == (970, 1030)
    assert (deciding.min_height, deciding.max_height) == (94, 106)


def test_closed_flags_are_no_bounds():
    deciding = refined(
        "words_num_filter", {"num_words": [1, 2, 3]}, min_num=1, min_closed_interval=False
    )
    assert deciding.min_closed_interval is False
    assert deciding.min_num == 0


def test_only_the_ends_that_the_recipe_writes_move_unless_it_writes_none():
    values = {"num_words": [4, 5, 6]}
    assert math.isinf(refined("words_num_filter", values, min_num=1).max_num)
    assert refined("words_num_filter", values).max_num == 8


def test_other_filters_ranges_that_keep_the_outside_and_missing_values_stay():
    outside = line("words_num_filter", reversed_range=True)
    assert refine_line(outside, {"num_words": [1, 2]}, K_SIGMA) is outside
    unmeasured = line("words_num_filter")
    assert refine_line(unmeasured, {}, K_SIGMA) is unmeasured
    assert (
        ends_of(line("image_subplot_filter"))
        == ends_of(line("image_deduplicator"))
        == ends_of(line("clean_links_mapper"))
        == []
    )


def test_one_sided_sized_and_named_ends():
    assert ends_of(line("image_watermark_filter")) == [
        End("prob_threshold", "image_watermark_prob", False)
    ]
    assert ends_of(line("language_id_score_filter")) == [End("min_score", "lang_score", True)]
    assert (
        refined("image_size_filter", {"image_sizes": [[100], [120]]}, max_size="1MB").max_size
        == "153"
    )
    assert (
        refined(
            "image_text_similarity_filter",
            {"image_text_similarity": [[-0.9], [0.9]]},
            min_score=0.1,
        ).min_score
        == -1.0
    )


def test_an_entry_of_the_recipe_keeps_its_other_settings():
    entry = {"character_repetition_filter": {"rep_len": 3, "max_ratio": 0.9}}
    moved = refine_line(
        read_recipe([entry], "recipe")[0],
        {"char_rep_ratio": [0.1, 0.2, 0.3]},
        RefineSettings("percentiles", low=0.05, high=0.95),
    )
    assert refined_entry(moved, entry) == {
        "character_repetition_filter": {"rep_len": 3, "max_ratio": pytest.approx(0.29)}
    }


@pytest.mark.parametrize("rule", ["k_sigma", "percentiles"])
def test_an_experiment_can_refine_its_recipe(tmp_path, rule):
    compose(tmp_path / "params.yaml", [f"refine={rule}"], ROOT / "conf")
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    assert params["filter"]["refine"]["rule"] == rule


def test_percentiles_keep_about_the_share_they_name():
    values = np.random.default_rng(0).normal(0.3, 0.1, 1000).tolist()
    column = [[value] for value in values]
    moved = refine_line(
        line("image_text_similarity_filter"),
        {"image_text_similarity": column},
        RefineSettings("percentiles", low=0.05, high=0.95),
    )
    assert moved.operator.keep(
        {"image_text_similarity": column}, moved.deciding
    ).mean() == pytest.approx(0.9, abs=0.003)


def test_an_entry_under_an_older_name_keeps_its_settings():
    older = {"face_area_filter": {"min_ratio": 0.1}}
    (line,) = read_recipe([older], "recipe")
    assert refined_entry(line, older) == {"image_face_ratio_filter": {"min_ratio": 0.1}}
    assert written_settings("words_num_filter") == written_settings({"a": None}) == {}
