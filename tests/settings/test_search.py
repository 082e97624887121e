"""The parts of a search go together, or it is one line."""

import pytest
from support.small_search import SETTINGS, small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search.checks import read_search
from bettersynth.settings.reading import read_settings
from bettersynth.settings.search import SearchSettings, require_consistent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vary": {}}, "varies nothing"),
        ({"vary": {"a.b": {"low": 0.4, "high": 0.4}}}, r"a.b is empty: low 0.4 is not below"),
        ({"vary": {"a.b": {"low": 0.4}}}, "needs choices, or low and high"),
        ({"vary": {"a.b": {"choices": [1]}}}, "two values or more"),
        ({"vary": {"a.b": {"choices": [1, 2], "low": 1}}}, "both choices and a range"),
        ({"vary": {"a.b": {"low": 0, "high": 1, "log": True}}}, "low above 0"),
        ({"vary": {"a.b": {"low": 0, "high": 1, "step": 2}}}, "within the range"),
        ({"budget": {}}, "needs cpu_seconds or gpu_seconds"),
        ({"objectives": []}, "must name one key"),
        ({"ladder": []}, "needs a rung"),
        ({"ladder": [{"visits": 1, "seeds": 1, "keep": 9}]}, "keep is 9, but 8 candidates enter"),
        ({"race_seeds": 1, "ladder": [{"visits": 1, "seeds": 2, "keep": 1}]}, "race_seeds is 1"),
    ],
)
def test_a_search_that_cannot_be_run_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        require_consistent(small_settings(**changes), "conf/search/x.yaml")


def test_two_fresh_seeds_could_show_nothing():
    with pytest.raises(UserError, match="fresh_seeds"):
        read_settings(SearchSettings, SETTINGS | {"fresh_seeds": 2}, "x")


@pytest.mark.parametrize("name", ["tiny", "nano"])
def test_the_searches_of_conf_can_be_read(name):
    assert read_search(name).objectives == ["mmbench"]
