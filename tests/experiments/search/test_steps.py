"""What a search has measured is looked up by what was asked."""

import pytest

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.steps import Step, Steps

BASELINE, ONE, TWO = Candidate(0, {}), Candidate(1, {"a": 1}), Candidate(2, {"a": 2})


def steps() -> Steps:
    asked = [
        Asked(BASELINE, 20, (0,)),
        Asked(ONE, 10, (0, 1), measure="caption_loss"),
        Asked(ONE, 20, (0,)),
        Asked(TWO, 20, (0, 1)),
    ]
    return Steps(Step(Measured(one, (float(k),)), k / 10) for k, one in enumerate(asked))


def test_the_same_question_has_one_answer_and_another_none():
    assert steps().of(Asked(ONE, 20, (0,))).values == (2.0,)
    assert steps().of(Asked(ONE, 20, (0, 1))) is None
    assert steps().of(Asked(ONE, 20, (0,), control=True)) is None


def test_the_newest_of_a_candidate():
    assert steps().newest(ONE).values == (2.0,)
    with pytest.raises(KeyError, match="c003"):
        steps().newest(Candidate(3, {}))


def test_scores_of_candidates_without_the_baselines_and_without_cheap_measures():
    assert [one.values for one in steps().scored(20, 1)] == [(2.0,)]
    assert [one.values for one in steps().scored(20, 2)] == [(3.0,)]


def test_the_most_seeds_that_were_trained_at_a_fidelity():
    assert steps().seeds_trained([ONE, TWO], (20, None)) == 2
    assert steps().seeds_trained([ONE], (10, "caption_loss")) == 2
    assert steps().seeds_trained([ONE], (40, None)) == 0
