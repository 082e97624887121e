"""Put every sentence on a line of its own, by NLTK's Punkt."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.errors import UserError

LANGUAGES = {"en": "english", "fr": "french", "pt": "portuguese", "es": "spanish"}


@dataclass(frozen=True)
class Settings:
    """`lang` is one of en, fr, pt, es.

    The Punkt model (punkt_tab) must be in one of NLTK's data folders, such as $NLTK_DATA.
    """

    lang: str = "en"

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise UserError(f"sentence_split_mapper.lang is {self.lang!r}; allowed: {known}")


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts with a line end between sentences."""
    tokenizer = load_punkt(settings.lang)
    return ["\n".join(tokenizer.tokenize(text)) for text in texts]


@functools.lru_cache(maxsize=4)
def load_punkt(lang: str) -> Any:
    """Return the sentence tokenizer of a language.

    Raises:
        UserError: its model is not on this disk.
    """
    from nltk.tokenize.punkt import PunktTokenizer

    try:
        return PunktTokenizer(LANGUAGES[lang])
    except LookupError:
        raise UserError(
            "sentence_split_mapper needs NLTK's Punkt model: "
            "`python -m nltk.downloader punkt_tab`, or set NLTK_DATA to the folder with it"
        ) from None
