"""What is learned of pools, in words."""

from __future__ import annotations

from support.pool_arms import ended_arm

from bettersynth.experiments.report.pools_words import learned
from bettersynth.experiments.studies.arms import Pair, compare_pairs


def test_each_subject_has_a_sentence_with_what_is_told_and_what_came_nearest():
    skills = {"a": 0.05, "b": 0.95, "c": 0.93, "lost": None}
    results = {name: ended_arm(name, skill) for name, skill in skills.items()}
    pairs = [
        Pair("b", "a", "stat", "b beside a"),
        Pair("b", "b", "stat", "b beside itself"),
        Pair("a", "c", "rule", "a beside c"),
        Pair("lost", "a", "rule", "lost beside a"),
    ]
    stat, rule = learned(compare_pairs(results, pairs))
    assert stat.startswith("stat: b beside a gains ")
    assert stat.endswith(
        "; 1 of 2 comparisons are not told from chance; "
        "the nearest: b beside itself gains 0.0 points (+0.0 to +0.0)."
    )
    assert rule.startswith("rule: a beside c loses ")
    assert rule.endswith("; 1 could not be compared, since a recipe failed.")
