"""A recipe without each of its rules, and each alone."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.studies.leave_one_out import rule_arms, rule_pairs

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


def test_a_recipe_of_one_rule_is_refused():
    with pytest.raises(UserError, match="filter.recipe has 1 rules; leave_one_out takes two"):
        rule_arms(RECIPE[:1])
