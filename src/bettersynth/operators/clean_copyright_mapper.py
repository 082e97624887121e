"""Remove a copyright notice at the head of source code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without their notice."""
    return [without_notice(text) for text in texts]


def without_notice(text: str) -> str:
    """Return `text` without its first block comment if that says copyright.

    A text without block comment loses its leading comment lines (//, #, --) and empty lines,
    whatever they say.
    """
    block = _BLOCK.search(text)
    if block is None:
        return "\n".join(dropwhile(_is_comment_or_empty, text.split("\n")))
    # only the first block comment is looked at: a notice stands at the head
    if "copyright" not in block.group().lower():
        return text
    return text[: block.start()] + text[block.end() :]


def _is_comment_or_empty(line: str) -> bool:
    return not line or line.startswith(("//", "#", "--"))
