"""Write out LaTeX macros without arguments where they are used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# \newcommand{\name}{value} (or with a star), and \def\name{value}, each up to the end of its line
_DEFINITIONS = (
    re.compile(r"\\newcommand\b\*?\{(\\[a-zA-Z0-9]+?)\}\{(.*?)\}$", re.MULTILINE),
    re.compile(r"\\def\s*(\\[a-zA-Z0-9]+?)\s*\{(.*?)\}$", re.MULTILINE),
)


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts with each use of a macro replaced by its value.

    A use is followed by no letter or digit; the name in a definition is one too.
    """
    return [expand(text) for text in texts]


def expand(text: str) -> str:
    """Return one text with its own macros written out."""
    macros: dict[str, str] = {}
    for definition in _DEFINITIONS:
        macros.update(definition.findall(text))
    for name, value in macros.items():
        text = re.sub(
            re.escape(name) + r"([^a-zA-Z0-9])",
            # a function and no template: backslashes of a value are no escapes
            lambda match, value=value: value + match.group(1),
            text,
        )
    return text
