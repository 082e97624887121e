"""Word lists from json files, and the share of listed words."""

from __future__ import annotations

import json

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.word_lists import WordSettings, listed_shares, load_words


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my_stopwords_1.json").write_text(json.dumps({"en": ["the", "ofthe"]}))
    (tmp_path / "my_stopwords_2.json").write_text(json.dumps({"en": ["a"], "de": ["der"]}))
    (tmp_path / "other.json").write_text(json.dumps({"en": ["dog"]}))
    return str(tmp_path)


def test_files_whose_names_fit_are_joined(folder):
    assert load_words(folder, "stopwords", "en") == {"the", "ofthe", "a"}
    assert load_words(folder, "stopwords", "all") == {"the", "ofthe", "a", "der"}


def test_an_unknown_language_is_named_with_those_there_are(folder):
    with pytest.raises(UserError, match="no stopwords for the language fr; .* are: de, en, all"):
        load_words(folder, "stopwords", "fr")


def test_a_folder_without_such_a_file_is_named(tmp_path):
    with pytest.raises(UserError, match="holds no json file whose name contains stopwords"):
        load_words(str(tmp_path), "stopwords", "en")
    with pytest.raises(UserError, match="set stopwords_dir to a folder"):
        load_words("", "stopwords", "en")


def test_a_file_of_another_form_is_named(tmp_path):
    (tmp_path / "stopwords.json").write_text('["the"]')
    with pytest.raises(UserError, match="must map languages to lists of words"):
        load_words(str(tmp_path), "stopwords", "en")


def test_the_share_is_at_most_1_and_0_without_words(folder):
    texts = ["The dog of the house", "", "the"]
    assert listed_shares(texts, folder, "stopwords", WordSettings()) == [2 / 5, 0.0, 1.0]


def test_runs_of_words_are_joined_and_counted_too(folder):
    # five words and four runs of two: "the" twice, "ofthe" once
    settings = WordSettings(use_words_aug=True)
    assert listed_shares(["The dog of the house"], folder, "stopwords", settings) == [3 / 9]
