"""flagged_words_filter: the share of flagged words, from lists in json files."""

from __future__ import annotations

import json

import pytest
from support.one_operator import kept
from support.parity import cases, differences, export_differences

from bettersynth.errors import UserError
from bettersynth.operators import load_operator

CASES = cases("text_stats", "flagged_words_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_an_unknown_language_is_named_with_those_there_are(tmp_path):
    (tmp_path / "flagged_words.json").write_text(json.dumps({"en": ["bad"], "de": ["schlecht"]}))
    settings = {"flagged_words_dir": str(tmp_path)}
    assert kept("flagged_words_filter", "a Bad dog", "a dog", **settings) == [False, True]
    assert kept("flagged_words_filter", "schlecht", lang="all", **settings) == [False]
    with pytest.raises(UserError, match="no flagged_words for the language fr; .*: de, en, all"):
        kept("flagged_words_filter", "a dog", lang="fr", **settings)


def test_another_list_has_another_hash(tmp_path):
    operator = load_operator("flagged_words_filter")
    hashes = set()
    for words in (["a"], ["b", "c"]):
        folder = tmp_path / words[0]
        folder.mkdir()
        (folder / "flagged_words.json").write_text(json.dumps({"en": words}))
        hashes.add(operator.model_hash(operator.Measuring(flagged_words_dir=str(folder))))
    assert len(hashes) == 2
