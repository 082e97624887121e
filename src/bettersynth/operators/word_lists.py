"""Word lists from json files, and the share of listed words in a text."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.operators.model_files import hash_of_model
from bettersynth.operators.special_characters import words_of
from bettersynth.operators.word_pieces import split_pieces


def hash_of_lists(folder: str) -> str:
    """Return what changes when a list in `folder` does."""
    return hash_of_model(folder)


@functools.lru_cache(maxsize=16)
def load_words(folder: str, kind: str, language: str) -> frozenset[str]:
    """Return the words of one language from the json files in `folder` whose names contain `kind`; `all` joins the languages.

    A file maps languages to lists of words, as Data-Juicer's do.

    Raises:
        UserError: no such file, or no list for the language.
    """
    files = sorted(path for path in Path(folder).glob("*.json") if kind in path.name) if folder and Path(folder).is_dir() else []
    if not files:
        where = f"{folder} holds no" if folder else f"set {kind}_dir to a folder with a"
        raise UserError(f"{where} json file whose name contains {kind}, such as {kind}.json with {{'en': ['the', ...]}}")
    lists: dict[str, list[str]] = {}
    for file in files:
        for name, words in json.loads(file.read_text(encoding="utf-8")).items():
            lists.setdefault(name, []).extend(words)
    if language not in lists and language != "all":
        raise UserError(f"{folder} has no {kind} for the language {language}; its languages are: {', '.join(sorted(lists))}, all")
    return frozenset(lists[language] if language in lists else (word for words in lists.values() for word in words))


def listed_share(text: str, listed: frozenset[str], pieces: str, group_sizes: Sequence[int], join: str) -> float:
    """Return the share of lower-cased words that are `listed`, at most 1.0; 0.0 for a text without words.

    For each of `group_sizes`, runs of that many words, joined by `join`, count as further words.
    """
    words = words_of(text, lower=True, split=split_pieces(pieces) if pieces else None)
    groups = [join.join(words[i : i + size]) for size in group_sizes for i in range(len(words) - size + 1)]
    words += groups
    return min(sum(word in listed for word in words) / len(words), 1.0) if words else 0.0
