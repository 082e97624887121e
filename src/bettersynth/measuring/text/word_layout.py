"""Dropping words from a text while its lines, tab-separated parts and words stay separated as they were."""

from __future__ import annotations

from collections.abc import Callable


def keep_words(text: str, keep: Callable[[str], bool]) -> str:
    """Return the words that `keep` accepts, joined by single spaces, tabs and line ends; empty lines and parts vanish."""
    lines = []
    for line in text.split("\n"):
        parts = [
            " ".join(word for word in part.split(" ") if word and keep(word))
            for part in line.split("\t")
        ]
        lines.append("\t".join(part for part in parts if part))
    return "\n".join(line for line in lines if line)
