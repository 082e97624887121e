"""Remove words that hold one of some substrings, such as parts of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.special_characters import strip_special
from bettersynth.measuring.text.word_layout import keep_words
from bettersynth.measuring.text.word_pieces import split_pieces


@dataclass(frozen=True)
class Settings:
    """`tokenization` takes SentencePiece pieces of the file `tokenizer` for words."""

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""
    substrings: tuple[str, ...] | None = ("http", "www", ".com", "href", "//")


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without words that, special characters at their ends left out, hold one of `substrings`."""
    substrings = Settings.substrings if settings.substrings is None else settings.substrings

    def keep(word: str) -> bool:
        stripped = strip_special(word)
        return not any(part in stripped for part in substrings or ())

    if not settings.tokenization:
        return [keep_words(text, keep) for text in texts]
    split = split_pieces(settings.tokenizer)
    found = []
    for text in texts:
        pieces = [piece.replace("▁", "") for piece in split(text)]
        kept = [piece for piece in pieces if keep(piece)]
        found.append("".join(kept) if len(kept) < len(pieces) else text)
    return found
