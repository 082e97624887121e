"""Sentence splitting by a small Punkt model, saved as NLTK's punkt_tab is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.operators import sentence_split_mapper
from bettersynth.operators.sentence_split_mapper import Settings, rewrite


@pytest.fixture(autouse=True)
def _own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    sentence_split_mapper.load_punkt.cache_clear()


def test_each_sentence_has_a_line_of_its_own(tmp_path: Path) -> None:
    from nltk.tokenize.punkt import PunktParameters, save_punkt_params

    parameters = PunktParameters()
    parameters.abbrev_types = {"mr", "e.g"}
    (tmp_path / "tokenizers/punkt_tab").mkdir(parents=True)
    save_punkt_params(parameters, str(tmp_path / "tokenizers/punkt_tab/english"))
    texts = ["Mr. Smith has a dog.  It runs! Fast? Yes, e.g. here.", "one line", ""]
    assert rewrite(texts, Settings()) == [
        "Mr. Smith has a dog.\nIt runs!\nFast?\nYes, e.g. here.",
        "one line",
        "",
    ]


def test_a_missing_model_and_an_unknown_language_are_named() -> None:
    with pytest.raises(UserError, match="needs NLTK's Punkt model"):
        rewrite(["a. b."], Settings())
    with pytest.raises(UserError, match="lang is 'xx'; allowed: en, fr, pt, es"):
        rewrite(["a. b."], Settings(lang="xx"))
