"""stopwords_filter: the share of stop words, from lists in json files."""

from __future__ import annotations

import json

import pytest
from support.one_operator import kept, value_of
from support.parity import cases, differences, export_differences

from bettersynth.errors import UserError

CASES = cases("text_stats", "stopwords_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_missing_word_list_is_a_clear_error():
    with pytest.raises(
        UserError,
        match="set stopwords_dir to a folder with a json file whose name contains stopwords",
    ):
        kept("stopwords_filter", "the dog")


def test_runs_of_words_count_too_where_asked_for(tmp_path):
    (tmp_path / "stopwords.json").write_text(json.dumps({"en": ["the", "of_the"]}))
    settings = {"stopwords_dir": str(tmp_path), "words_aug_join_char": "_"}
    assert value_of("stopwords_filter", "Of the dog", **settings) == (1 / 3, True)
    assert value_of("stopwords_filter", "Of the dog", use_words_aug=True, **settings)[0] == 2 / 5
