import pytest

from bettersynth.errors import UserError
from bettersynth.operators import load_operator
from bettersynth.recipes.stats_section import operator_of, stats_settings, suffix_of


def test_the_measuring_settings_of_an_operator():
    params = {"stats": {"character_repetition_filter": {"rep_len": 7}}}
    assert stats_settings(params, "character_repetition_filter").rep_len == 7


@pytest.mark.parametrize(
    ("stats", "name", "message"),
    [
        ({}, "words_num_filter", "has no stat words_num_filter; its stats are: none"),
        ({"random_selector": {}}, "random_selector", "a selector measures nothing"),
        (
            {"text_embd_similarity_filter": {}},
            "text_embd_similarity_filter",
            "params.yaml: stats.text_embd_similarity_filter: .* valid_dataset holds no text",
        ),
        ({"words_num_filter": {"min_num": 1}}, "words_num_filter", "has no setting min_num"),
        ({"long": {"rep_len": 9}}, "long", r"says its operator \(`operator: NAME`\); there is no"),
        ({"long": {"operator": "words_nun_filter"}}, "long", "stats.long: .* words_num_filter.?"),
        ({"long": {"operator": "fix_unicode_mapper"}}, "long", "long: a mapper measures nothing"),
        ({"Long": {"operator": "words_num_filter"}}, "Long", "stats.Long: the name of a stat begi"),
        ({"2": {"operator": "words_num_filter"}}, "2", "stats.2: the name of a stat begins with a"),
        (
            {"text_length_filter": {"operator": "words_num_filter"}},
            "text_length_filter",
            "text_length_filter is an operator itself, so that no stat of words_num_filter can",
        ),
        (["words_num_filter"], "words_num_filter", "stats must hold an entry a stat, such as"),
    ],
)
def test_what_measures_nothing_is_named(stats, name, message):
    with pytest.raises(UserError, match=message):
        stats_settings({"stats": stats}, name)


def test_a_stat_with_a_name_of_its_own_says_its_operator():
    section = {
        "words_num_filter": {},
        "long_runs": {"operator": "word_repetition_filter", "rep_len": 7},
        "text_length_filter": {"operator": "text_length_filter"},
    }
    assert stats_settings({"stats": section}, "long_runs").rep_len == 7
    as_the_operator = stats_settings({"stats": section}, "text_length_filter")
    assert as_the_operator == load_operator("text_length_filter").Measuring()
    operators = [operator_of(section, name) for name in section]
    assert operators == ["words_num_filter", "word_repetition_filter", "text_length_filter"]
    assert [suffix_of(section, name) for name in section] == ["", "#long_runs", ""]
