"""Remove words that hold one of some substrings, such as parts of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.errors import UserError
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

    def __post_init__(self) -> None:
        if "" in (self.substrings or ()):
            raise UserError("substrings holds an empty text, which every word holds")


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without words that hold one of `substrings`.

    Special characters at the ends of a word are left out.
    """
    # null means the default ones, as in Data-Juicer
    given = Settings.substrings if settings.substrings is None else settings.substrings
    substrings = given or ()

    def keep(word: str) -> bool:
        stripped = strip_special(word)
        return not any(substring in stripped for substring in substrings)

    if not settings.tokenization:
        return [keep_words(text, keep) for text in texts]
    split = split_pieces(settings.tokenizer)
    cleaned = []
    for text in texts:
        pieces = [piece.replace("▁", "") for piece in split(text)]
        kept = [piece for piece in pieces if keep(piece)]
        # joined pieces have lost their spaces, as in Data-Juicer: only where one had to go
        cleaned.append("".join(kept) if len(kept) < len(pieces) else text)
    return cleaned
