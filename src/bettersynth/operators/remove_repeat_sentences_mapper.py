"""Remove sentences that occurred in the text before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SPECIAL = re.compile(r"[^a-zA-Z0-9\u4e00-\u9fa5\n\t ]")
# A sentence ends after a mark that no closing quote follows, after six dots, after two ellipses,
# and after a mark with its quote. Source: Data-Juicer, where "{6}" and "2" also stand in a class.
_MARKS = (r"[.。！!？?]", r"\.{6}", r"…{2}", r"[.。！!？?{6}…2][’”]")
_ENDS = tuple(re.compile(rf"({mark})([^’”])") for mark in _MARKS)


@dataclass(frozen=True)
class Settings:
    """`ignore_special_character` compares letters, digits, Chinese and white space only.

    Sentences shorter than `min_repeat_sentence_length`, counted so, are never removed.
    """

    lowercase: bool = False
    ignore_special_character: bool = True
    min_repeat_sentence_length: int = 2


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts with the first of equal sentences only; line ends stay."""
    return [first_sentences(text, settings) for text in texts]


def first_sentences(text: str, settings: Settings) -> str:
    """Return one text without sentences that occurred before in it."""
    seen: set[str] = set()
    lines = []
    for line in text.split("\n"):
        kept = []
        for sentence in split_sentences(line):
            key = sentence.strip()
            if settings.lowercase:
                key = key.lower()
            if settings.ignore_special_character:
                key = _SPECIAL.sub("", key)
            # short ones ("Yes.") repeat for good reasons
            if len(key) < settings.min_repeat_sentence_length:
                kept.append(sentence)
            elif key not in seen:
                kept.append(sentence)
                seen.add(key)
        lines.append("".join(kept))
    return "\n".join(lines)


def split_sentences(line: str) -> list[str]:
    """Return the sentences of a line; white space between two stays at the head of the second."""
    for end in _ENDS:
        line = end.sub(r"\1\n\2", line)
    return line.split("\n")
