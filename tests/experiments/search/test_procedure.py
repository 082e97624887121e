"""A search screens, climbs, races and confirms, and spends no more than it may."""

import dataclasses

import numpy as np
import pytest
from support.small_search import CHEAP_LADDER, DrawnEvaluator, NumberedRecipes, small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search.candidates import Measured
from bettersynth.experiments.search.procedure import Finding, Search


def searched(evaluator: DrawnEvaluator, **changes) -> Finding:
    return Search(small_settings(**changes), NumberedRecipes(), evaluator).run()


def test_the_best_recipe_wins_and_is_confirmed_on_seeds_that_the_search_never_used():
    evaluator = DrawnEvaluator()
    finding = searched(evaluator)
    assert finding.winner.number == 8
    assert finding.cut == ""
    contests = {contest.opponent: contest for contest in finding.verdict.contests}
    assert contests["baseline"].is_told and contests["baseline"].low > 0.2
    assert contests["random control"].is_told
    fresh = {seed for _, _, seed, control in evaluator.trained if control}
    assert fresh == {3, 4, 5}
    assert (8, 20, 3, False) in evaluator.trained and (0, 20, 4, False) in evaluator.trained


def test_the_ladder_keeps_few_and_no_rung_trains_more_than_it_must():
    evaluator = DrawnEvaluator()
    searched(evaluator)
    cheap = {number for number, visits, _, _ in evaluator.trained if visits == 10}
    whole = {number for number, visits, _, _ in evaluator.trained if visits == 20}
    assert cheap == set(range(1, 9))
    # the baseline and three that the first rung kept
    assert len(whole) == 4


def test_the_same_answers_make_the_same_steps():
    first, second = searched(DrawnEvaluator()), searched(DrawnEvaluator())
    steps = [[(step.measured.asked, step.spent) for step in one.steps] for one in (first, second)]
    assert steps[0] == steps[1]


def test_what_fails_is_counted_and_does_not_win():
    finding = searched(DrawnEvaluator(failing=(8, 7)))
    assert finding.winner.number == 6
    failures = [step.measured.failure for step in finding.steps if step.measured.failure]
    assert failures == ["nothing is left"] * 2


def test_what_the_search_starts_from_wins_where_all_others_fail():
    finding = searched(DrawnEvaluator(failing=range(1, 9)))
    assert finding.winner.number == 0
    assert [contest.opponent for contest in finding.verdict.contests] == ["random control"]


def test_a_budget_leaves_candidates_out_before_it_leaves_the_confirmation_out():
    evaluator = DrawnEvaluator(share=0.05)
    finding = searched(evaluator)
    assert finding.cut
    assert finding.verdict is not None
    assert evaluator.spent() <= 1


def test_a_budget_below_one_recipe_and_its_confirmation_is_told_with_what_it_takes():
    with pytest.raises(UserError, match=r"take 2.\d\d times as much; raise budget"):
        searched(DrawnEvaluator(share=0.2))


def test_a_start_that_fails_ends_the_search():
    with pytest.raises(UserError, match="starts from failed: nothing is left"):
        searched(DrawnEvaluator(failing=(0,)))


def test_a_rung_of_a_cheap_measure_trains_no_candidate_whole_and_counts_as_cheap_as_it_is():
    evaluator = DrawnEvaluator(share=0.06)
    finding = searched(evaluator, ladder=CHEAP_LADDER, race_seeds=1)
    assert finding.winner.number == 8
    # the baseline is asked first, so that the measure's cost is known
    asked = [step.measured.asked for step in finding.steps]
    assert [(one.candidate.number, one.measure) for one in asked[:2]] == [
        (0, "picks_own_picture"),
        (0, None),
    ]
    assert {number for number, _, _, _ in evaluator.measured} == set(range(9))
    assert {number for number, visits, _, _ in evaluator.trained if visits == 10} == set()
    # three that the rung kept, of which the baseline and two race
    searching = {number for number, _, seed, _ in evaluator.trained if seed == 0}
    assert searching == {0, 6, 7, 8}
    # with trainings of few visits in its place, candidates would have been left out
    assert finding.cut == "" and evaluator.spent() <= 1
    assert searched(DrawnEvaluator(share=0.06), race_seeds=1).cut


def test_a_measure_that_the_start_does_not_give_ends_the_search():
    with pytest.raises(UserError, match="starts from failed: nothing is left"):
        searched(DrawnEvaluator(failing=(0,)), ladder=CHEAP_LADDER)


def test_a_budget_that_holds_all_candidates_after_a_short_batch_cuts_none():
    # before the first rung is known it counts as dear as the last
    finding = searched(DrawnEvaluator(share=0.06), race_seeds=1, candidates=4)
    screened = {step.measured.asked.candidate.number for step in finding.steps}
    assert {1, 2, 3, 4} <= screened
    assert "candidates" not in finding.cut


def test_with_all_evidence_together_the_most_promising_get_further_seeds():
    evaluator = DrawnEvaluator()
    finding = searched(evaluator, ladder=CHEAP_LADDER, evidence="together")
    assert finding.winner.number == 8
    last = finding.rounds[-1]
    assert [one.expected for one in last] == sorted((one.expected for one in last), reverse=True)
    assert last[0].measured.asked.candidate.number == 8
    # 65 and 70 percent, and the baseline with 30, which no seed more would make the best
    seeds = {one.measured.asked.candidate.number: len(one.measured.asked.seeds) for one in last}
    assert seeds[8] == 3
    assert all(0 < one.expected < 1 for one in last)


def test_with_all_evidence_together_a_lucky_training_does_not_win_by_itself():
    class Lucky(DrawnEvaluator):
        """Candidate 6 is 16 points luckier on its first seed than it is good."""

        def _measured(self, one):
            measured = super()._measured(one)
            if one.candidate.number == 6 and measured.seen.size:
                lucky = measured.seen.copy()
                wrong = np.flatnonzero(lucky[0] == 0)[:32]
                lucky[0, wrong] = 1
                values = (100 * float(lucky.mean()),)
                return dataclasses.replace(measured, seen=lucky, values=values)
            return measured

    changes = {"ladder": CHEAP_LADDER, "race_seeds": 1}
    assert searched(Lucky(), **changes).winner.number == 6
    assert searched(Lucky(), **changes, evidence="together").winner.number == 8


class FailingLater(DrawnEvaluator):
    """These candidates fail with their second seed."""

    def _measured(self, one):
        if one.candidate.number in self.failing and len(one.seeds) == 2:
            return Measured(one, failure="the disk said no")
        return DrawnEvaluator()._measured(one)


def test_a_race_in_which_all_fail_is_told_with_the_reason():
    with pytest.raises(UserError, match="all that raced failed, the first so: the disk said no"):
        searched(FailingLater(failing=range(11)))


def test_a_start_that_fails_in_the_race_is_compared_with_the_seeds_that_it_has():
    finding = searched(FailingLater(failing=(0,)))
    assert finding.winner.number == 8
    # one seed of both, on 200 items
    assert 0.2 < finding.verdict.seen_gain < 0.6


def test_a_value_that_is_no_number_is_a_failure():
    class Unmeasured(DrawnEvaluator):
        def _measured(self, one):
            measured = super()._measured(one)
            if one.candidate.number == 8 and one.measure:
                return dataclasses.replace(measured, values=(float("nan"),))
            return measured

    finding = searched(Unmeasured(), ladder=CHEAP_LADDER)
    assert finding.winner.number == 7
    failures = [step.measured.failure for step in finding.steps if step.measured.failure]
    assert failures == ["its picks_own_picture is nan, which is no number"]


def test_fresh_seeds_are_none_that_a_cheap_rung_has_trained():
    cheap = [CHEAP_LADDER[0] | {"seeds": 5}, *CHEAP_LADDER[1:]]
    evaluator = DrawnEvaluator()
    searched(evaluator, ladder=cheap, race_seeds=2)
    fresh = {seed for _, _, seed, control in evaluator.trained if control}
    assert fresh == {5, 6, 7}


def test_all_that_the_budget_left_out_is_told():
    finding = searched(DrawnEvaluator(share=0.06))
    assert finding.cut == "1 of 8 candidates, the race over 2 seeds"


def test_a_budget_that_holds_no_candidate_is_refused_before_anything_is_confirmed():
    evaluator = DrawnEvaluator(share=0.08)
    with pytest.raises(UserError, match=r"one candidate, .* times as much; raise budget"):
        searched(evaluator)
    assert not any(control for _, _, _, control in evaluator.trained)
