import math

import numpy as np
import pytest
from support.one_operator import text_batch
from support.small_columns import column

from bettersynth.recipes.decisions import decide, drawn_only, undecided
from bettersynth.recipes.lines import read_recipe

IDS = column("a", "b", "c", "d")


def test_the_first_rule_that_drops_is_told_with_its_value():
    lines = read_recipe(
        [
            {"words_num_filter": {"min_num": 2}},
            {"text_length_filter": {"min_len": 1, "max_len": 9}},
        ],
        "recipe",
    )
    values = {
        "words_num_filter": {"num_words": [1, 2, 3, 4]},
        "text_length_filter": {"text_len": [50, 50, 5, 5]},
    }
    decisions = decide(lines, values, IDS)
    assert decisions.kept.tolist() == [False, False, True, True]
    assert list(decisions.rule) == ["words_num_filter", "text_length_filter", "", ""]
    assert decisions.value[:2].tolist() == [1.0, 50.0]
    assert math.isnan(decisions.value[2])
    assert decisions.surviving == {"words_num_filter": 3, "text_length_filter": 2}


def test_a_repeated_sample_names_the_one_that_is_kept():
    lines = read_recipe(["document_deduplicator"], "recipe")
    hashes = {"document_deduplicator": {"__dj__hash": ["x", "y", "x", "x"]}}
    decisions = decide(lines, hashes, IDS)
    assert list(decisions.bound) == ["", "", "same as a", "same as a"]
    start = undecided(4)
    start.drop(np.array([0]), "oracle", "planted mismatch")
    later = decide(lines, hashes, IDS, start)
    assert later.kept.tolist() == [False, True, True, False]
    assert later.bound[3] == "same as c"


@pytest.mark.parametrize("name", ["document_minhash_deduplicator", "document_simhash_deduplicator"])
def test_a_near_duplicate_names_the_first_of_its_group_that_is_left(name):
    (line,) = read_recipe([{name: {"window_size": 1}}], "recipe")
    texts = ["a b c d e f", "something else here", "a b c d e f", "a b c d e f"]
    values = {name: line.operator.measure(text_batch(*texts), line.measuring)}
    decisions = decide([line], values, IDS)
    assert list(decisions.bound) == ["", "", "near-duplicate of a", "near-duplicate of a"]
    start = undecided(4)
    start.drop(np.array([0]), "oracle", "planted mismatch")
    assert decide([line], values, IDS, start).bound[3] == "near-duplicate of c"


def test_an_operator_may_have_its_own_words():
    lines = read_recipe([{"cluster_balanced_selector": {"select_num": 0}}], "recipe")
    embeddings = {"cluster_balanced_selector": {"__dj__embedding": [None] * 4}}
    decisions = decide(lines, embeddings, IDS)
    assert list(decisions.bound) == ["not drawn from its cluster"] * 4


def test_what_is_not_drawn_is_dropped_by_the_draw():
    decisions = drawn_only(np.array([True, False]), "random")
    assert decisions.kept.tolist() == [True, False]
    assert list(decisions.rule) == ["", "random"]
    assert list(decisions.bound) == ["", "not drawn"]


def test_lines_see_what_is_judged_alone_and_the_rest_stays():
    lines = read_recipe([{"words_num_filter": {"min_num": 3}}, "document_deduplicator"], "recipe")
    values = {
        "words_num_filter": {"num_words": [1, 1, 5, 5]},
        "document_deduplicator": {"__dj__hash": ["x", "x", "x", "x"]},
    }
    judged = np.array([True, False, True, False])
    decisions = decide(lines, values, IDS, undecided(4, judged))
    assert decisions.kept.tolist() == [False, True, True, True]
    assert list(decisions.rule) == ["words_num_filter", "", "", ""]
    assert decisions.left.tolist() == [2]
    assert decisions.surviving == {"words_num_filter": 3, "document_deduplicator": 3}
