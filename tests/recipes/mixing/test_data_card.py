import math

import numpy as np
import pytest
from support.small_columns import column, new_versions
from support.small_pool import write_pool

from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.recipes.decisions import undecided
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.mixing.data_card import (
    detector,
    make_card,
    quantiles,
    rewritten_counts,
)
from bettersynth.recipes.mixing.mixture import mix_captions

# no new captions, so that each row has its own
NONE = new_versions([])
OWN = np.full(3, -1)
WORDS = read_recipe([{"words_num_filter": {"min_num": 3}}], "recipe")[0]


def test_what_a_rule_drops_is_what_it_calls_mismatched():
    planted = np.array([True, True, False, False])
    found = detector(WORDS, {"num_words": [1, 5, 2, 9]}, planted)
    assert (found["dropped"], found["precision"], found["recall"]) == (2, 0.5, 0.5)
    assert found["roc_auc"] == 0.75


@pytest.mark.parametrize("numbers", [[math.inf, 5, math.inf, 9], [None, 5, None, 9]])
def test_values_without_a_place_in_the_curve_are_left_out(numbers):
    planted = np.array([True, True, False, False])
    assert detector(WORDS, {"num_words": numbers[1:2] * 4}, planted)["roc_auc"] == 0.5
    line = read_recipe(["general_field_filter"], "recipe")[0]
    condition = {"general_field_filter_condition": numbers}
    assert detector(line, condition, planted)["roc_auc"] == 1.0


def test_quantiles_are_of_the_numbers_alone():
    summary = quantiles(np.array([1.0, np.nan, 3.0]))
    assert (summary["count"], summary["mean"], summary["q50"]) == (2, 2.0, 2.0)
    assert quantiles(np.array([np.nan])) is None
    assert quantiles(np.array([np.inf, 2.0]))["mean"] == 2


def test_the_card_counts_and_has_detectors_where_mismatches_are_planted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["a", "b", "c"], planted=[True, False, False])
    decisions = undecided(3)
    decisions.drop(np.array([0]), "words_num_filter", "")
    before = np.array([0.1, 0.2, np.nan])
    mix = mix_captions(column(*ids), column("a", "b c", "d e f"), before, NONE, OWN)
    mix.weight = np.array([0, 2, 1], dtype=np.int32)
    values = {"words_num_filter": {"num_words": [1, 4, 5]}}
    card = make_card(mix, decisions, False, [WORDS], values)
    assert card["counts"]["samples"] == 2
    assert card["counts"]["visits_per_sample"] == 1.5
    assert card["dropped_by"] == {"words_num_filter": 1}
    assert card["caption_words"]["training"]["mean"] == 2.5
    assert card["planted"] == {"pool": 1, "kept_with_their_wrong_caption": 0, "exchanged": 0}
    assert card["detectors"]["words_num_filter"]["precision"] == 1.0
    write_pool(["a", "b", "c"])
    (tmp_path / "data/pool/planted.parquet").unlink()
    card = make_card(mix, decisions, True, [WORDS], values)
    assert card["control"] == "random" and "detectors" not in card


def test_texts_that_mappers_changed_are_counted_by_mapper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["a", "b", "c"])
    mix = mix_captions(column(*ids), column("a", "b", "c"), np.zeros(3), NONE, OWN)
    original = np.array([True, True, False])
    assert rewritten_counts(mix, original) == {}
    rows = [
        {"id": "s01", "text": "b", "original_text": "B", "mappers": ["x_mapper", "y_mapper"]},
        {"id": "s02", "text": "c", "original_text": "C", "mappers": ["x_mapper"]},
    ]
    write_rewritten(rows, {})
    counts = rewritten_counts(mix, original)
    assert (counts["pool"], counts["training"]) == (2, 1)
    assert counts["training_by_mapper"] == {"x_mapper": 1, "y_mapper": 1}
