"""A candidate is called by its number, and what the search starts from by its part."""

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured, with_numbers


def test_a_candidate_has_a_label_for_pages_and_experiments():
    assert Candidate(0, {}).label == "baseline"
    assert Candidate(7, {"mix.exchange": True}).label == "c007"


def test_a_failure_has_a_reason_and_no_numbers():
    failed = Measured(Asked(Candidate(1, {}), 10, (0,)), failure="nothing is left")
    assert (failed.values, failed.seen.size, failed.unseen.size) == ((), 0, 0)


def test_a_value_that_is_no_finite_number_is_a_failure_that_names_it():
    scored = Measured(Asked(Candidate(1, {}), 10, (0,)), (50.0, float("inf")))
    failed = with_numbers(scored, ["mmbench", "samples"])
    assert (failed.values, failed.failure) == ((), "its samples is inf, which is no number")
    cheap = Asked(Candidate(1, {}), 10, (0,), measure="options")
    assert "its options is nan" in with_numbers(Measured(cheap, (float("nan"),)), ["x"]).failure
    whole = Measured(cheap, (0.5,))
    assert with_numbers(whole, ["mmbench"]) is whole
