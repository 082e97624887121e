"""Differences in score over the seeds and items that two runs share."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.data.tables.items import item_table
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import Run
from bettersynth.experiments.history.score_differences import paired_scores, score_differences


def run(name, right, seeds=(0, 1), questions=8, protocol="circular", asked=None):
    """Return a run that answers the first `right` of its questions, and says of TextVQA .3 each."""
    rows = []
    for seed in seeds:
        for number in range(questions):
            common = {"seed": seed, "item": f"q{number}", "rows": 1}
            score = float(number < right)
            rows.append({**common, "benchmark": "mmbench", protocol: score, **(asked or {})})
            rows.append({**common, "benchmark": "textvqa", "accuracy": 0.3})
    score = {"mmbench_protocol": protocol}
    return Run(name, {}, {}, {}, lambda path: None, item_table(rows), score)


def test_a_difference_has_points_p_and_the_answers_right_in_one_alone():
    choice, text = score_differences([run("one", 2), run("two", 6)])
    assert (choice.reference_score, choice.other_score, choice.difference) == (25.0, 75.0, 50.0)
    assert (choice.only_reference, choice.only_other, choice.significant_seeds) == (0, 8, 0)
    assert choice.adjusted_p >= choice.p
    assert (text.difference, text.p, text.only_other) == (0.0, 1.0, None)


def test_the_headline_likelihood_has_its_variant_without_prior_beside_it():
    runs = [run("one", 2, protocol="likelihood"), run("two", 2, protocol="likelihood")]
    protocols = [row.protocol for row in score_differences(runs)]
    assert protocols == ["likelihood", "likelihood_minus_prior", "accuracy"]


def test_the_seeds_that_both_have_are_compared():
    first, second = paired_scores(run("one", 2), run("two", 6, seeds=(1, 5)), "mmbench", "circular")
    assert first.shape == second.shape == (1, 8)
    assert np.array_equal(first[0], [1, 1, 0, 0, 0, 0, 0, 0])
    with pytest.raises(UserError, match="one and two have no training seed in common"):
        paired_scores(run("one", 2), run("two", 6, seeds=(7,)), "mmbench", "circular")
    with pytest.raises(UserError, match="one and two answered other mmbench questions"):
        paired_scores(run("one", 2), run("two", 6, questions=9), "mmbench", "circular")


@pytest.mark.parametrize(
    "other", [{"question": "Which?"}, {"answer": "cat"}, {"rows": 4}, {"options": "f00d"}]
)
def test_questions_of_the_same_numbers_may_be_others(other):
    asked = {"question": "What?", "answer": "dog", "rows": 2, "options": "beef"}
    first, same = run("one", 2, asked=asked), run("two", 6, asked=asked)
    paired_scores(first, same, "mmbench", "circular")
    with pytest.raises(UserError, match="one and two answered other mmbench questions"):
        paired_scores(first, run("two", 6, asked=asked | other), "mmbench", "circular")
    # a table of an older version does not say its options
    older = run("two", 6, asked=asked | {"options": None})
    paired_scores(first, older, "mmbench", "circular")
