"""text_action_filter: the verbs of a text, by a spaCy pipeline that rides in a package."""

from __future__ import annotations

import pytest
from support.one_operator import kept, measured, text_batch

from bettersynth.errors import UserError


def test_the_number_of_actions():
    pytest.importorskip("spacy")
    values, flags = measured(
        "text_action_filter",
        text_batch("a dog runs and jumps", "a red car", "<__dj__image> he is eating <|__dj__eoc|>"),
    )
    assert values["num_action"] == [2, 0, 1]
    assert flags == [True, False, True]


def test_no_texts_need_no_pipeline():
    settings = {"spacy_model": "no_such_pipeline"}
    assert measured("text_action_filter", text_batch(), **settings) == ({"num_action": []}, [])


def test_a_pipeline_that_is_not_installed_is_named():
    pytest.importorskip("spacy")
    with pytest.raises(UserError, match="cannot load the spaCy pipeline no_such_pipeline"):
        kept("text_action_filter", "a dog", spacy_model="no_such_pipeline")
