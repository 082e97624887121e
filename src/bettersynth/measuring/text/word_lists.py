"""Word lists from json files, and the share of listed words in a text."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.measuring.text.special_characters import words_of
from bettersynth.measuring.text.word_pieces import split_pieces

EXAMPLE = "{'en': ['the', ...]}"


@dataclass(frozen=True)
class WordSettings:
    """`lang` chooses a list; `use_words_aug` also counts runs of words, joined.

    `tokenization` takes SentencePiece pieces of `tokenizer` for words.
    """

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""
    use_words_aug: bool = False
    words_aug_group_sizes: tuple[int, ...] = (2,)
    words_aug_join_char: str = ""


@functools.lru_cache(maxsize=16)
def load_words(folder: str, kind: str, language: str) -> frozenset[str]:
    """Return the words of one language from the json files in `folder`; `all` joins them all.

    Files count whose names contain `kind`. One maps languages to lists of words, as Data-Juicer's
    do.

    Raises:
        UserError: no such file, or no list for the language.
    """
    files: list[Path] = []
    # Path("") would be the current one
    if folder:
        files = sorted(path for path in Path(folder).glob("*.json") if kind in path.name)
    if not files:
        where = f"{folder} holds no" if folder else f"set {kind}_dir to a folder with a"
        raise UserError(
            f"{where} json file whose name contains {kind}, such as {kind}.json with {EXAMPLE}"
        )
    lists: dict[str, list[str]] = {}
    for file in files:
        content = read_json(file)
        if not isinstance(content, dict) or not all(map(_is_list, content.values())):
            raise UserError(f"{file} must map languages to lists of words, such as {EXAMPLE}")
        for name, words in content.items():
            lists.setdefault(name, []).extend(words)
    # a file may hold a language of the name all, which then is meant
    if language in lists:
        return frozenset(lists[language])
    if language == "all":
        return frozenset(itertools.chain.from_iterable(lists.values()))
    raise UserError(
        f"{folder} has no {kind} for the language {language}; "
        f"its languages are: {', '.join(sorted(lists))}, all"
    )


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def listed_shares(
    texts: Sequence[str], folder: str, kind: str, settings: WordSettings
) -> list[float]:
    """Return the share of lower-cased words of each text that the list names, at most 1.0.

    A text without words has 0.0.
    """
    listed = load_words(folder, kind, settings.lang)
    split = split_pieces(settings.tokenizer) if settings.tokenization else None
    shares = []
    for text in texts:
        words = words_of(text, lower=True, split=split)
        if settings.use_words_aug:
            words += joined_runs(words, settings)
        named = sum(word in listed for word in words)
        shares.append(min(named / len(words), 1.0) if words else 0.0)
    return shares


def joined_runs(words: Sequence[str], settings: WordSettings) -> list[str]:
    """Return all runs of words of the lengths in `words_aug_group_sizes`, each as one word."""
    join = settings.words_aug_join_char
    runs: list[str] = []
    for size in settings.words_aug_group_sizes:
        starts = range(len(words) - size + 1)
        runs += [join.join(words[start : start + size]) for start in starts]
    return runs
