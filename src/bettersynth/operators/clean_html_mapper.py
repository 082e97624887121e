"""Turn HTML into plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Source: Data-Juicer, which marks ordered lists too, and knows tags without attributes alone.
# Replaced in this order.
LISTS = (("<li>", "\n*"), ("</li>", ""), ("<ol>", "\n*"), ("</ol>", ""))


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the text of each document; list items begin with a line end and a star."""
    return [text_of_html(text) for text in texts]


def text_of_html(html: str) -> str:
    """Return the words of a document without its tags."""
    # here: only this operator needs it
    from selectolax.lexbor import LexborHTMLParser

    for tag, mark in LISTS:
        html = html.replace(tag, mark)
    return LexborHTMLParser(html).text()
