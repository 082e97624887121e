"""Which spaCy pipeline is used, and what is said where there is none."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text import spacy_models
from bettersynth.measuring.text.spacy_models import (
    hash_of_pipeline,
    load_pipeline,
    parsed,
    pipeline_name,
)

pytest.importorskip("spacy")


def test_the_first_installed_pipeline_is_used_unless_one_is_named(monkeypatch):
    monkeypatch.setitem(spacy_models.PIPELINES, "en", ("no_such_pipeline", "json", "math"))
    assert pipeline_name("en") == "json"
    assert pipeline_name("en", "mine") == "mine"


def test_no_installed_pipeline_is_named(monkeypatch):
    monkeypatch.setitem(spacy_models.PIPELINES, "zh", ("no_such_pipeline",))
    with pytest.raises(UserError, match="no spaCy pipeline for zh is installed"):
        pipeline_name("zh")


def test_a_pipeline_that_cannot_be_loaded_is_named():
    with pytest.raises(UserError, match="cannot load the spaCy pipeline no_such_pipeline"):
        load_pipeline("no_such_pipeline")


def test_every_text_is_parsed_and_none_needs_no_pipeline():
    documents = list(parsed(["a dog runs", ""], "en"))
    assert [[token.text for token in document] for document in documents] == [
        ["a", "dog", "runs"],
        [],
    ]
    assert list(parsed([], "en", "no_such_pipeline")) == []


def test_another_pipeline_has_another_hash(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.json").write_text(f'{{"name": "{name}"}}')
    hashes = {hash_of_pipeline("en", str(tmp_path / name)) for name in ("one", "two")}
    assert len(hashes) == 2
