"""Remove the bibliography, and all that follows, from LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.substitution import replace

PATTERN = (
    r"(?:\\appendix|\\begin\{(?:references|REFERENCES|thebibliography)\}|\\bibliography\{.*\}).*$"
)


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts up to the first appendix or bibliography."""
    return replace(texts, PATTERN)
