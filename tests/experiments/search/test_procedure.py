"""A search screens, climbs, races and confirms, and spends no more than it may."""

import pytest
from support.small_search import DrawnEvaluator, NumberedRecipes, small_settings

from bettersynth.errors import UserError
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
    with pytest.raises(UserError, match=r"take 2.\d times as much; raise budget"):
        searched(DrawnEvaluator(share=0.2))


def test_a_start_that_fails_ends_the_search():
    with pytest.raises(UserError, match="starts from failed: nothing is left"):
        searched(DrawnEvaluator(failing=(0,)))
