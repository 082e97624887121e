"""Remove links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.substitution import replace

_NESTED = r"\((?:[^\s()<>]|\([^\s()<>]+\))*\)"
_START = r"(?:[a-z][\w-]+:(?:/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}/)"
_LAST = r"[^\s`!()\[\]{};:'\".,<>?«»“”‘’]"
# One character at a time: a repeated run inside a repetition would take exponential time on
# long rows of dots.
PATTERN = rf"(?i)\b{_START}(?:[^\s()<>]|{_NESTED})+(?:{_NESTED}|{_LAST})"


@dataclass(frozen=True)
class Settings:
    """`pattern` replaces the built-in one; `repl` takes the place of each match."""

    pattern: str | None = None
    repl: str = ""

    def __post_init__(self) -> None:
        # a mistake is told before the first row
        replace([""], self.pattern or PATTERN, self.repl)


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without links: with a scheme, from www on, or a domain with a path."""
    return replace(texts, settings.pattern or PATTERN, settings.repl)
