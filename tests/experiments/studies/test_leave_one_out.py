"""A recipe without each of its rules, and each alone."""

from __future__ import annotations

import pytest
from support.pool_arms import ended_arm

from bettersynth.errors import UserError
from bettersynth.experiments.studies.leave_one_out import (
    confirming_arms,
    rule_arms,
    rule_pairs,
    rules_of,
)
from bettersynth.settings.pools import ConfirmSettings

RECIPE = [
    {"text_length_filter": {"min_len": 3}},
    {"image_deduplicator": {}},
    {"words_num_filter": {"min_num": 2}},
]


def test_each_rule_is_left_out_once_and_stands_alone_once():
    arms = {arm.name: arm for arm in rule_arms(RECIPE)}
    assert len(arms) == 2 + 2 * 3
    assert arms["without-1-image_deduplicator"].recipe == [RECIPE[0], RECIPE[2]]
    assert arms["alone-1-image_deduplicator"].recipe == [RECIPE[1]]
    assert arms["no-rule"].recipe == []


def test_what_a_rule_is_worth_is_asked_beside_what_measuring_it_costs():
    pairs = rule_pairs(RECIPE, {"stats@image_deduplicator": {"cpu_seconds": 12.5}})
    assert len(pairs) == 6
    asked = [(pair.arm, pair.control, pair.cost) for pair in pairs if pair.cost]
    assert asked == [
        ("all-rules", "without-1-image_deduplicator", 12.5),
        ("alone-1-image_deduplicator", "no-rule", 12.5),
    ]


def test_rules_of_one_operator_are_told_apart_and_each_costs_what_its_stat_does():
    similarity = "image_text_similarity_filter"
    recipe = [{similarity: {"min_score": 0.2}}, {similarity: {"name": "similarity_h14"}}]
    recipe += [{similarity: {"max_score": 0.4}}]
    costs = {"stats@similarity_h14": {"cpu_seconds": 5000.0}}
    costs[f"stats@{similarity}"] = {"cpu_seconds": 20.0}
    pairs = rule_pairs(recipe, costs)
    assert [(pair.about, pair.cost) for pair in pairs[::2]] == [
        (f"{similarity} (line 1)", 20.0),
        ("similarity_h14", 5000.0),
        (f"{similarity} (line 3)", 20.0),
    ]
    assert len({pair.question for pair in pairs}) == 6


def test_the_rules_of_the_largest_difference_are_confirmed_on_fresh_seeds():
    arms = rule_arms(RECIPE)
    results = {arm.name: ended_arm(arm.name, 0.5) for arm in arms}
    harmful, failed = "without-2-words_num_filter", "without-0-text_length_filter"
    results[harmful] = ended_arm(harmful, 0.95)
    results[failed] = ended_arm(failed, None)
    confirm = ConfirmSettings(rules=1, seeds=[5, 6, 7])
    fresh, pairs = confirming_arms(arms, results, rules_of(RECIPE), confirm, visits=900)
    assert [arm.name for arm in fresh] == ["all-rules-confirmed", f"{harmful}-confirmed"]
    assert {(arm.visits, arm.seeds) for arm in fresh} == {(900, (5, 6, 7))}
    assert fresh[1].recipe == RECIPE[:2]
    (pair,) = pairs
    assert (pair.arm, pair.control) == ("all-rules-confirmed", f"{harmful}-confirmed")


def test_nothing_is_confirmed_where_the_whole_recipe_failed():
    arms = rule_arms(RECIPE)
    results = {arm.name: ended_arm(arm.name, 0.5) for arm in arms}
    results["all-rules"] = ended_arm("all-rules", None)
    confirm = ConfirmSettings(rules=1, seeds=[5])
    assert confirming_arms(arms, results, rules_of(RECIPE), confirm, visits=900) == ([], [])


def test_a_recipe_of_one_rule_is_refused():
    with pytest.raises(UserError, match="filter.recipe has 1 rules; it takes two"):
        rule_arms(RECIPE[:1])
