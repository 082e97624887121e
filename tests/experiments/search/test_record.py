"""What is kept of a search says how sure it is, in words and numbers."""

import dataclasses
import json

from support.small_search import DrawnEvaluator, NumberedRecipes, small_settings

from bettersynth.experiments.search.candidates import Measured
from bettersynth.experiments.search.procedure import BASELINE, Search
from bettersynth.experiments.search.record import record, sentence


class Kept(DrawnEvaluator):
    """With what an evaluator of trials knows besides."""

    outcomes = {}

    def seconds(self, kind: str) -> float:
        return 12.0


def test_a_finding_is_kept_whole(monkeypatch):
    monkeypatch.setattr(
        "bettersynth.experiments.search.record.overrides_of", lambda search, values: ("a=1",)
    )
    search, evaluator = small_settings(), Kept(failing=(3,))
    finding = Search(search, NumberedRecipes(), evaluator).run()
    best = json.loads(json.dumps(record(search, "small", finding, evaluator, {"a": 1.0})))
    assert best["winner"]["overrides"] == ["experiment=tiny", "a=1"]
    assert best["winner"]["candidate"] == "c008"
    assert best["failed"] == 1
    assert best["says"].startswith("c008 on unseen items and fresh seeds, mmbench: +")
    assert "to the baseline" in best["says"] and ": shown" in best["says"]
    verdict = best["verdict"]
    assert verdict["optimism"] == round(verdict["seen_gain"] - verdict["unseen_gain"], 2)
    assert best["race"][-1][0]["difference"] == 0
    assert best["steps"][-1]["spent"] == evaluator.spent()


def test_a_search_that_found_nothing_better_says_so():
    finding = Search(small_settings(), NumberedRecipes(), DrawnEvaluator(failing=range(1, 9))).run()
    same = "No candidate did better than what the search started from"
    assert (
        sentence(finding, "mmbench")
        == f"{same}; all 8 candidates failed, the first: nothing is left."
    )
    some = Search(small_settings(), NumberedRecipes(), DrawnEvaluator(failing=(2, 3))).run()
    some = dataclasses.replace(some, winner=BASELINE)
    reason = "the first: nothing is left."
    assert sentence(some, "mmbench") == f"{same}; 2 of 8 candidates failed, {reason}"
    none = dataclasses.replace(some, steps=[])
    assert sentence(none, "mmbench") == f"{same}."


def test_a_gain_that_nobody_measured_is_not_told_as_none():
    class Failing(DrawnEvaluator):
        """The baseline fails on fresh seeds."""

        def _measured(self, one):
            if one.candidate == BASELINE and one.seeds[0] > 0:
                return Measured(one, failure="no memory")
            return super()._measured(one)

    finding = Search(small_settings(), NumberedRecipes(), Failing()).run()
    said = sentence(finding, "mmbench")
    assert said.endswith("A fresh training of the baseline failed: no gain over it is confirmed.")
    assert "to the random control" in said and "to the baseline" not in said


def test_a_search_that_trained_no_candidate_long_does_not_call_them_worse():
    finding = Search(small_settings(), NumberedRecipes(), DrawnEvaluator()).run()
    runners = finding.rounds[0]
    start = [one for one in runners if one.measured.asked.candidate == BASELINE]
    alone = dataclasses.replace(finding, winner=BASELINE, rounds=[start], cut="5 of 8 candidates")
    assert sentence(alone, "mmbench").startswith("No candidate was trained as long as")
