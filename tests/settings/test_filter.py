"""The recipe's section: its controls."""

import pytest
from support.default_settings import default_params

from bettersynth.errors import UserError
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings


def test_the_one_control_is_random_and_others_are_refused():
    section = default_params(filter={"control": "random"})["filter"]
    assert read_settings(FilterSettings, section, "filter").control == "random"
    with pytest.raises(UserError, match="filter.control is 'best'; allowed: , random"):
        read_settings(FilterSettings, section | {"control": "best"}, "filter")


def test_a_recipe_is_a_list():
    section = default_params(filter={"recipe": {"words_num_filter": {}}})["filter"]
    with pytest.raises(UserError, match="filter.recipe must be a list"):
        read_settings(FilterSettings, section, "filter")
