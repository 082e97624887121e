"""Captions as words and back, and the vocabulary of nano's captioner."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# fixed ids: they stand first in every vocabulary
PAD, BEGIN, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")
# a word with its apostrophes and hyphens, or one mark
WORD = re.compile(r"[\w]+(?:[’'\-][\w]+)*|[^\w\s]")
NO_SPACE_BEFORE = frozenset(".,:;!?)]}%”")
NO_SPACE_AFTER = frozenset("([{“")


def words_of(caption: str) -> list[str]:
    """Return lower-case words and punctuation marks."""
    return WORD.findall(caption.lower())


def text_of(words: Sequence[str]) -> str:
    """Return words as a line of text; punctuation closes up."""
    text = ""
    for word in words:
        glued = not text or word in NO_SPACE_BEFORE or text[-1] in NO_SPACE_AFTER
        text += word if glued else f" {word}"
    return text


def vocabulary_of(captions: Sequence[str], min_count: int) -> list[str]:
    """Return the special tokens, then every word that occurs `min_count` times or more.

    The most frequent comes first; equally frequent ones are sorted.
    """
    counts: Counter[str] = Counter()
    for caption in captions:
        counts.update(words_of(caption))
    frequent = [word for word, count in counts.items() if count >= min_count]
    return [*SPECIAL, *sorted(frequent, key=lambda word: (-counts[word], word))]
