"""Dropping words from a text whose lines, tab-separated columns and words stay apart."""

from __future__ import annotations

from collections.abc import Callable


def keep_words(text: str, keep: Callable[[str], bool]) -> str:
    """Return the words that `keep` accepts, joined by single spaces, tabs and line ends.

    Columns and lines that are left empty vanish.
    """
    lines = []
    for line in text.split("\n"):
        columns = []
        for column in line.split("\t"):
            words = [word for word in column.split(" ") if word and keep(word)]
            columns.append(" ".join(words))
        lines.append("\t".join(filter(None, columns)))
    return "\n".join(filter(None, lines))
