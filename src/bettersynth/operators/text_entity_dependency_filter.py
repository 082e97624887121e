"""Keep samples whose text joins its things to other words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images
from bettersynth.measuring.text.spacy_models import hash_of_pipeline, parsed

VERSION = 1
READS = ("text",)
STATS = ("num_dependency_edges",)
CACHED = True

PARTS = frozenset({"NOUN", "PROPN", "PRON"})
# Chinese and English tags of nouns and pronouns, as Data-Juicer lists them
TAGS = frozenset({"NN", "NR", "PN", "NNS", "NNP", "NNPS", "PRP"})


@dataclass(frozen=True)
class Measuring:
    """`lang` chooses the parser; `spacy_model` names another."""

    lang: Literal["en", "zh"] = "en"
    spacy_model: str = ""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """`min_dependency_num` is the least number of edges that any, or each, entity must have."""

    min_dependency_num: float = 1
    any_or_all: Literal["any", "all"] = "all"


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_pipeline(settings.lang, settings.spacy_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `num_dependency_edges`: the edges of each thing that a text names.

    They are those of the dependency tree of the text without special tokens.
    """
    words = [batch.tokens.strip(text) for text in batch.texts]
    documents = parsed(words, settings.lang, settings.spacy_model)
    return {"num_dependency_edges": list(map(edges_of, documents))}


def edges_of(document: Any) -> list[int]:
    """Return one count a noun, name or pronoun of a spaCy document.

    1 unless it is the root, and 1 for each child that is no punctuation.
    """
    edges: dict[Any, int] = {}
    for token in document:
        if token.pos_ in PARTS and token.tag_ in TAGS:
            edges[token] = int(token.dep_ != "ROOT")
    for token in document:
        # the root hangs on itself: it would count as its own child
        if token.pos_ != "PUNCT" and token.dep_ != "ROOT" and token.head in edges:
            edges[token.head] += 1
    return list(edges.values())


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: which ones stay.

    A text that names nothing is dropped, unlike a sample without pictures by the filters of
    pictures.
    """
    edges = values["num_dependency_edges"]
    named = np.array(list(map(bool, edges)), dtype=bool)
    return named & keep_images(edges, settings.min_dependency_num, math.inf, settings)
