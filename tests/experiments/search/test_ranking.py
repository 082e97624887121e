"""By one objective the largest is first; by several, what fewest others beat in all."""

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.ranking import best_first, dominates, front


def measured(number: int, *values: float, failure: str = "") -> Measured:
    return Measured(Asked(Candidate(number, {}), 10, (0,)), values, failure=failure)


def numbers(ranked: list[Measured]) -> list[int]:
    return [one.asked.candidate.number for one in ranked]


def test_the_largest_score_is_first_and_the_baseline_before_its_equals():
    ones = [measured(2, 50.0), measured(0, 50.0), measured(1, 60.0), measured(3, failure="no")]
    assert numbers(best_first(ones, ["mmbench"])) == [1, 0, 2]


def test_a_front_holds_what_no_other_beats_and_costs_are_to_be_small():
    ones = [measured(1, 60.0, 300.0), measured(2, 55.0, 100.0), measured(3, 54.0, 200.0)]
    objectives = ["mmbench", "cpu_seconds"]
    assert numbers(front(ones, objectives)) == [1, 2]
    assert numbers(best_first(ones, objectives)) == [1, 2, 3]
    assert not dominates((1.0, 2.0), (1.0, 2.0))
