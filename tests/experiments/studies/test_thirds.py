"""Parts of a pool as recipes."""

from __future__ import annotations

import pytest
from support.pool_arms import ended_arm

from bettersynth.errors import UserError
from bettersynth.experiments.studies.arms import Arm
from bettersynth.experiments.studies.thirds import (
    ENDS,
    Third,
    best_part,
    best_thirds,
    combined_arms,
    fresh_seeds,
    repeated_arms,
    single_arms,
    single_pairs,
)
from bettersynth.operators.range_specified_field_selector import Settings, select

SKILLS = {"a-low": 0.1, "a-middle": 0.4, "a-high": 0.9, "b-low": 0.7, "b-middle": 0.3}


def test_thirds_part_the_pool_into_three_of_one_size():
    kept = []
    for end in ENDS:
        line = Third("text_len", end).line["range_specified_field_selector"]
        kept.append(select(list(range(100)), Settings(**line)))
    assert sorted(len(part) for part in kept) == [33, 33, 34]
    assert sorted(row for part in kept for row in part) == list(range(100))
    assert max(kept[0]) < min(kept[1]) < min(kept[2])


def test_each_third_stands_beside_a_random_one_and_high_beside_low():
    arms = {arm.name for arm in single_arms(["text_len", "num_words"])}
    assert len(arms) == 7
    pairs = single_pairs(["text_len", "num_words"])
    assert len(pairs) == 8
    assert {pair.arm for pair in pairs} | {pair.control for pair in pairs} <= arms
    assert ("text_len-high", "text_len-low") in {(pair.arm, pair.control) for pair in pairs}


def test_the_best_third_of_each_stat_is_chosen_the_best_of_all_first():
    results = {name: ended_arm(name, skill) for name, skill in SKILLS.items()}
    # a third that failed is not the best
    results["b-high"] = ended_arm("b-high", None)
    assert best_thirds(results, ["b", "a"]) == [Third("a", "high"), Third("b", "low")]


def test_where_every_third_failed_the_first_reason_is_told():
    results = {f"a-{end}": ended_arm(f"a-{end}", None) for end in ENDS}
    with pytest.raises(UserError, match="every third failed, the first so: a-low: no sample"):
        best_thirds(results, ["a"])


def test_all_combinations_of_the_best_are_compared_with_as_many_random_samples():
    best = [Third("a", "high"), Third("b", "low"), Third("c", "middle")]
    arms, pairs = combined_arms(best, seeds=(3, 4, 5))
    names = [arm.name for arm in arms]
    assert len(names) == len(set(names)) == 1 + 2 + 3 + 1
    # the best third was chosen by other trainings than it is compared by
    assert {arm.seeds for arm in arms} == {(3, 4, 5)}
    assert (arms[0].name, arms[0].recipe) == ("a-high-again", [best[0].line])
    triple = next(arm for arm in arms if len(arm.recipe) == 3)
    assert triple.name == "c-middle-of-b-low-of-a-high"
    assert triple.recipe[0] == best[0].line
    shares = {arm.name: arm.recipe[0] for arm in arms if arm.name.startswith("random")}
    assert shares["random-3"]["random_selector"]["select_ratio"] == pytest.approx(1 / 27)
    assert {pair.control for pair in pairs} == {"random-2", "random-3", "a-high-again"}
    assert combined_arms(best[:1], seeds=(3, 4, 5)) == ([], [])


def test_fresh_seeds_are_in_no_other_step():
    drawn = [(0, 3, 5), fresh_seeds([0, 3, 5], 1), fresh_seeds([0, 3, 5], 2)]
    assert drawn[1:] == [(6, 9, 11), (12, 15, 17)]
    assert len({seed for seeds in drawn for seed in seeds}) == 9


def test_the_best_part_counts_with_trainings_that_did_not_choose_it():
    best = [Third("a", "high"), Third("b", "low")]
    arms, _ = combined_arms(best, seeds=(3, 4, 5))
    skills = {"a-high": 0.9, "b-low": 0.6, "a-high-again": 0.5, "random-2": 1.0}
    skills["b-low-of-a-high"] = 0.55
    results = {name: ended_arm(name, skill) for name, skill in skills.items()}
    assert best_part(best, arms, results).name == "b-low"
    results["a-high-again"] = ended_arm("a-high-again", 0.7)
    assert best_part(best, arms, results).name == "a-high"
    for name in ("a-high-again", "b-low"):
        results[name] = ended_arm(name, None)
    assert best_part(best, arms, results).name == "b-low-of-a-high"


def test_the_best_is_repeated_at_equal_visits_and_with_more():
    best = Arm("best", "the best", [Third("a", "high").line])
    arms, pairs = repeated_arms(best, [2, 4], visits=100, seeds=(6, 7, 8))
    assert [arm.visits for arm in arms] == [None, None, 200, None, 400]
    assert arms[3].recipe[1]["random_selector"]["select_ratio"] == 0.25
    assert {pair.control for pair in pairs} == {"best-times-1"}
    assert {arm.seeds for arm in arms} == {(6, 7, 8)}
