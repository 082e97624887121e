"""Templates of pairs of question and answer, and what reads them back."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.chat_pairs import (
    CalibrateSettings,
    OptimizeSettings,
    PairSettings,
    both,
    require_template,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: PairSettings(qa_pair_template="{} {} {}"),
            "qa_pair_template .* are {}, {}",
        ),
        (lambda: PairSettings(output_pattern="("), "output_pattern .* is not a regular expression"),
        (lambda: OptimizeSettings(input_template="{a}"), "input_template '{a}' cannot be filled"),
        (lambda: CalibrateSettings(input_template="{}"), "its places are {reference}, {qa_pair}"),
        (
            lambda: CalibrateSettings(reference_template="{"),
            "brace that is none is written twice",
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()


def test_a_template_may_leave_places_out_and_hold_braces():
    assert require_template("x", "{{json}} {}", 2) is None
    assert CalibrateSettings(input_template="{qa_pair}").api_model == "gpt-4o"


def test_one_of_a_pair_may_stay_as_it_was():
    read = both(PairSettings())
    assert read("【问题】 a\nb 【回答】") == [{"query": "a\nb"}]
    assert read("So: 【问题】【回答】c") == [{"response": "c"}]
    with pytest.raises(ValueError, match="finds no question and answer"):
        read("a and b")
