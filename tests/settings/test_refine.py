"""A rule needs its numbers, and only its own."""

from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.reading import read_settings
from bettersynth.settings.refine import RefineSettings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rule": "k_sigma"}, "filter.refine lacks k, which its rule k_sigma needs"),
        ({"rule": "percentiles", "k": 3.0}, "filter.refine lacks low and high, which its rule"),
        ({"rule": "percentiles", "low": 0.1}, "filter.refine lacks high, .*refine=percentiles"),
    ],
)
def test_a_rule_without_its_numbers_is_one_line(values, message):
    with pytest.raises(UserError, match=message):
        RefineSettings(**values)


@pytest.mark.parametrize("choice", ["none", "k_sigma", "percentiles"])
def test_each_choice_of_the_conf_is_whole(choice):
    values = composed([f"refine={choice}"], ROOT / "conf")["filter"]["refine"]
    settings = read_settings(RefineSettings, values, "conf")
    assert settings.rule == ("" if choice == "none" else choice)
