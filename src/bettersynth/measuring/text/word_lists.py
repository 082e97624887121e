"""Word lists from json files, and the share of listed words in a text."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.measuring.text.special_characters import words_of
from bettersynth.measuring.text.word_pieces import split_pieces


@dataclass(frozen=True)
class WordSettings:
    """`lang` chooses a list; `use_words_aug` also counts runs of words, joined; `tokenization` takes SentencePiece pieces of `tokenizer`."""

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""
    use_words_aug: bool = False
    words_aug_group_sizes: tuple[int, ...] = (2,)
    words_aug_join_char: str = ""


@functools.lru_cache(maxsize=16)
def load_words(folder: str, kind: str, language: str) -> frozenset[str]:
    """Return the words of one language from the json files in `folder` whose names contain `kind`; `all` joins the languages.

    A file maps languages to lists of words, as Data-Juicer's do.

    Raises:
        UserError: no such file, or no list for the language.
    """
    files = (
        sorted(path for path in Path(folder).glob("*.json") if kind in path.name)
        if folder and Path(folder).is_dir()
        else []
    )
    if not files:
        where = f"{folder} holds no" if folder else f"set {kind}_dir to a folder with a"
        raise UserError(
            f"{where} json file whose name contains {kind}, such as {kind}.json with {{'en': ['the', ...]}}"
        )
    lists: dict[str, list[str]] = {}
    for file in files:
        content = read_json(file)
        if not isinstance(content, dict) or not all(
            isinstance(words, list) for words in content.values()
        ):
            raise UserError(
                f"{file} must map languages to lists of words, such as {{'en': ['the', ...]}}"
            )
        for name, words in content.items():
            lists.setdefault(name, []).extend(words)
    if language not in lists and language != "all":
        raise UserError(
            f"{folder} has no {kind} for the language {language}; its languages are: {', '.join(sorted(lists))}, all"
        )
    return frozenset(
        lists[language]
        if language in lists
        else (word for words in lists.values() for word in words)
    )


def listed_shares(
    texts: Sequence[str], folder: str, kind: str, settings: WordSettings
) -> list[float]:
    """Return the share of lower-cased words of each text that the list names, at most 1.0; 0.0 for a text without words."""
    listed = load_words(folder, kind, settings.lang)
    split = split_pieces(settings.tokenizer) if settings.tokenization else None
    shares = []
    for text in texts:
        words = words_of(text, lower=True, split=split)
        if settings.use_words_aug:
            sizes, join = settings.words_aug_group_sizes, settings.words_aug_join_char
            words += [
                join.join(words[i : i + size])
                for size in sizes
                for i in range(len(words) - size + 1)
            ]
        shares.append(
            min(sum(word in listed for word in words) / len(words), 1.0) if words else 0.0
        )
    return shares
