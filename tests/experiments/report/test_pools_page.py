"""The page of pools."""

from __future__ import annotations

import dataclasses

from support.pool_arms import ended, ended_arm

from bettersynth.experiments.report.pools_page import (
    differences_figure,
    ranked,
    write_pools_page,
)
from bettersynth.experiments.studies.arms import Arm, Pair, compare_pairs
from bettersynth.experiments.studies.pools import Study
from bettersynth.settings.pools import ConfirmSettings, PoolsSettings

SETTINGS = PoolsSettings(
    experiment=None, stats=["a"], seeds=[0], combine=1, repeats=[], leave_one_out=True
)
RESULTS = {
    name: ended_arm(name, skill) for name, skill in (("a", 0.05), ("b", 0.95), ("lost", None))
}


def test_the_page_says_what_is_told_apart_and_what_failed(tmp_path):
    pairs = [Pair("b", "a", "b", "b beside a"), Pair("lost", "a", "c", "lost beside a", 12.5)]
    study = Study(RESULTS, compare_pairs(RESULTS, pairs))
    page = tmp_path / "report.html"
    write_pools_page("tiny", SETTINGS, study, page)
    text = page.read_text()
    assert "<li>b: b beside a gains " in text
    assert "the arm &lt;lost&gt;: failed, no sample is left" in text
    assert "leave the training out" in text
    assert "<td>12.5</td>" in text
    assert "81 CPU seconds in all" in text


def test_seeds_and_visits_of_a_confirmed_rule_are_its_own(tmp_path):
    confirm = ConfirmSettings(rules=1, seeds=[5, 6, 7])
    settings = dataclasses.replace(SETTINGS, confirm=confirm, visits=3000)
    fresh = ended(Arm("fresh", "without a rule", [], visits=9000, seeds=(5, 6, 7)), 0.9)
    results = RESULTS | {"fresh": fresh}
    page = tmp_path / "report.html"
    write_pools_page("tiny", settings, Study(results, []), page)
    text = page.read_text()
    assert "1 training seed each, 3,000 visits unless its row says otherwise" in text
    assert "have 3 fresh seeds: their intervals hold how 3 trainings differ" in text
    assert "<td>5, 6, 7</td><td>9,000</td>" in text and "<td>0</td><td>3,000</td>" in text


def test_the_best_recipe_of_the_unseen_half_stands_first_and_a_failed_one_last():
    assert [result.arm.name for result in ranked(RESULTS)] == ["b", "a", "lost"]


def test_a_figure_of_failures_alone_is_none():
    comparisons = compare_pairs(RESULTS, [Pair("lost", "a", "c", "lost beside a")])
    assert differences_figure(comparisons) is None
