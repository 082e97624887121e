"""MMBench and TextVQA: what cannot be built or read is refused."""

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
from bettersynth.settings.benchmark import OptionCounts


@pytest.mark.parametrize(
    ("part", "changes", "message"),
    [
        (
            "mmbench",
            {"questions": 0},
            "benchmark.mmbench.questions is 0; it must be from 1 to 1,000,000",
        ),
        ("textvqa", {"boards": 0}, "benchmark.textvqa.boards is 0; it must be from 1 to 1,000,000"),
        ("textvqa", {"things": 1}, "benchmark.textvqa.things is 1; it must be 0, or 2 and more"),
        ("textvqa", {"form_share": 0.7, "slip_share": 0.4}, "at most 1 together"),
        ("textvqa", {"images": "a.zip"}, "textvqa.images is set, .*questions, .*annotations not"),
    ],
)
def test_what_cannot_be_built_is_one_line(part, changes, message):
    with pytest.raises(UserError, match=message):
        read_changed(f"benchmark.{part}", **changes)


def test_the_shares_of_option_counts_make_a_whole():
    counts = default_settings("benchmark.mmbench").option_counts
    assert counts.two + counts.three + counts.four == pytest.approx(1)


@pytest.mark.parametrize("share", [0.0, -0.5])
def test_option_counts_that_deal_out_nothing_are_refused_unless_a_file_is_taken(share):
    counts = OptionCounts(two=share, three=0.0, four=0.0)
    with pytest.raises(UserError, match="mmbench.option_counts must hold shares of 0 or more"):
        default_settings("benchmark.mmbench", option_counts=counts)
    assert default_settings("benchmark.mmbench", option_counts=counts, file="a.tsv")
