"""Remove e-mail addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.substitution import replace

PATTERN = r"[A-Za-z0-9.\-+_]+@[a-z0-9.\-+_]+\.[a-z]+"


@dataclass(frozen=True)
class Settings:
    """`pattern` replaces the built-in one; `repl` takes the place of each match."""

    pattern: str | None = None
    repl: str = ""

    def __post_init__(self) -> None:
        # a mistake is told before the first row
        replace([""], self.pattern or PATTERN, self.repl)


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without addresses, whose domain and ending are lower-case letters."""
    return replace(texts, settings.pattern or PATTERN, settings.repl)
