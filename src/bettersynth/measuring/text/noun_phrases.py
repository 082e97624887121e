"""Noun phrases of a caption: an optional determiner, adjectives, then nouns.

They are found by the part-of-speech tags of NLTK or spaCy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bettersynth.measuring.text.spacy_models import hash_of_pipeline, load_pipeline, pipeline_name

# Source: GLIP's phrase grounding, which Data-Juicer takes over
GRAMMAR = "NP: {<DT>?<JJ.*>*<NN.*>+}"
PUNCTUATION = str.maketrans("", "", "|:;@()[]{}^'\"’`?$%#!&*+,.")

Tagger = Callable[[str], list[tuple[str, str]]]


@functools.lru_cache(maxsize=1)
def has_nltk_models() -> bool:
    """Whether NLTK's English tokenizer and tagger are on this disk.

    `python -m nltk.downloader punkt_tab averaged_perceptron_tagger_eng` puts them there.
    """
    import nltk

    try:
        nltk.data.find("tokenizers/punkt_tab/english/")
        nltk.data.find("taggers/averaged_perceptron_tagger_eng/")
    except LookupError:
        return False
    return True


def hash_of_tagger(spacy_model: str) -> str:
    """Return what changes when another tagger is used."""
    if not spacy_model and has_nltk_models():
        return "nltk"
    return hash_of_pipeline("en", spacy_model)


@functools.lru_cache(maxsize=2)
def load_tagger(spacy_model: str) -> Tagger:
    """Return the function that gives (token, Penn tag) pairs of a text.

    It is NLTK's where its models are installed, else spaCy's.

    Raises:
        UserError: neither is installed.
    """
    if not spacy_model and has_nltk_models():
        import nltk

        return lambda text: nltk.pos_tag(nltk.word_tokenize(text))
    pipeline = load_pipeline(pipeline_name("en", spacy_model))

    def tags(text: str) -> list[tuple[str, str]]:
        # NLTK makes no tokens of white space
        return [(token.text, token.tag_) for token in pipeline(text) if not token.is_space]

    return tags


@functools.lru_cache(maxsize=1)
def _chunker() -> Any:
    import nltk

    return nltk.RegexpParser(GRAMMAR)


def noun_phrases(text: str, spacy_model: str = "") -> list[str]:
    """Return the distinct noun phrases of `text` in the order of their first occurrence.

    They are lower-cased and hold no punctuation.
    """
    tagged = load_tagger(spacy_model)(text.lower())
    if not tagged:
        # which the chunker refuses
        return []
    chunks = _chunker().parse(tagged)
    # in order, unlike in a set
    phrases: dict[str, None] = {}
    for tree in chunks.subtrees(lambda tree: tree.label() == "NP"):
        tokens = [token for token, _ in tree.leaves()]
        phrase = " ".join(tokens).translate(PUNCTUATION).strip()
        if phrase:
            phrases[phrase] = None
    return list(phrases)
