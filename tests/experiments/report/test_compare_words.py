from bettersynth.experiments.history.score_differences import ScoreDifference
from bettersynth.experiments.report.compare_words import conclusions


def row(benchmark, difference, p, other="B", protocol="likelihood"):
    low, high = difference - 2, difference + 2
    return ScoreDifference(
        benchmark=benchmark,
        protocol=protocol,
        other=other,
        reference_score=50.0,
        other_score=50.0 + difference,
        difference=difference,
        low=low,
        high=high,
        p=p,
        adjusted_p=p,
        seeds=5,
        only_reference=None,
        only_other=None,
        significant_seeds=None,
    )


def test_what_is_shown_and_what_is_not_is_one_sentence():
    rows = [row("mmbench", 8.0, 0.001), row("textvqa", -0.5, 0.6)]
    assert conclusions("A", rows) == [
        "B is better on MMBench by 6.0 to 10.0 points than A; no difference is shown on TextVQA."
    ]


def test_the_worse_one_is_called_worse_by_the_same_numbers():
    rows = [row("mmbench", -8.0, 0.001), row("textvqa", 8.0, 0.01)]
    assert conclusions("A", rows) == [
        "B is worse on MMBench by 6.0 to 10.0 points and better on TextVQA by 6.0 to 10.0 points "
        "than A."
    ]


def test_where_nothing_is_shown_that_is_said():
    rows = [row("mmbench", 8.0, 0.05), row("textvqa", 0.5, 0.6)]
    shown = "No difference is shown between B and A, on MMBench or TextVQA."
    assert conclusions("A", rows) == [shown]


def test_the_headline_counts_and_not_the_same_score_less_the_prior():
    rows = [
        row("mmbench", 0.1, 0.9),
        row("mmbench", 9.0, 0.001, protocol="likelihood_minus_prior"),
        row("textvqa", 0.1, 0.9),
        row("mmbench", 9.0, 0.001, other="C"),
    ]
    assert conclusions("A", rows)[0].startswith("No difference is shown between B and A")
    assert conclusions("A", rows)[1] == "C is better on MMBench by 7.0 to 11.0 points than A."
