import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.stats_section import stats_settings


def test_the_measuring_settings_of_an_operator():
    params = {"stats": {"character_repetition_filter": {"rep_len": 7}}}
    assert stats_settings(params, "character_repetition_filter").rep_len == 7


@pytest.mark.parametrize(
    ("stats", "name", "message"),
    [
        ({}, "words_num_filter", "has no operator words_num_filter; its operators are: none"),
        ({"random_selector": {}}, "random_selector", "a selector measures nothing"),
        ({"words_num_filter": {"min_num": 1}}, "words_num_filter", "has no setting min_num"),
    ],
)
def test_what_measures_nothing_is_named(stats, name, message):
    with pytest.raises(UserError, match=message):
        stats_settings({"stats": stats}, name)
