"""Keep Chinese characters and, as asked, ASCII letters, digits and some punctuation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.substitution import replace

PUNCTUATION = r".， ,\-。%《*》/•、&＆(—)（+）：？!！“”·"


@dataclass(frozen=True)
class Settings:
    """What stays beside Chinese characters: ASCII letters, digits, punctuation."""

    keep_alphabet: bool = True
    keep_number: bool = True
    keep_punc: bool = True


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts with every other character removed; `keep_punc` also keeps the space."""
    # a flag times a text is the text or nothing
    kept = (
        "A-Za-z" * settings.keep_alphabet
        + "0-9" * settings.keep_number
        + PUNCTUATION * settings.keep_punc
    )
    return replace(texts, f"[^\u4e00-\u9fa5{kept}]+")
