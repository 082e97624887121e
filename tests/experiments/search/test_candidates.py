"""A candidate is called by its number, and what the search starts from by its part."""

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured


def test_a_candidate_has_a_label_for_pages_and_experiments():
    assert Candidate(0, {}).label == "baseline"
    assert Candidate(7, {"mix.exchange": True}).label == "c007"


def test_a_failure_has_a_reason_and_no_numbers():
    failed = Measured(Asked(Candidate(1, {}), 10, (0,)), failure="nothing is left")
    assert (failed.values, failed.seen.size, failed.unseen.size) == ((), 0, 0)
