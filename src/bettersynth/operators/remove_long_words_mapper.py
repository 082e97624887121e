"""Remove words whose length is outside a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.special_characters import strip_special
from bettersynth.measuring.text.word_layout import keep_words


@dataclass(frozen=True)
class Settings:
    """The lengths in characters of words that stay."""

    min_len: float = 1
    max_len: float = math.inf


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without such words.

    A word that is too long counts without the special characters at its ends.
    """

    def keep(word: str) -> bool:
        length = len(word)
        if length > settings.max_len:
            length = len(strip_special(word))
        return settings.min_len <= length <= settings.max_len

    return [keep_words(text, keep) for text in texts]
