"""Remove IP addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.measuring.text.substitution import replace

_OCTET = r"(?:1[0-9][0-9]|2[0-4][0-9]|25[0-5]|[1-9][0-9]|[0-9])"
_GROUP = r"[\da-fA-F]{1,4}"
PATTERN = rf"(?:{_OCTET}\.){{3}}{_OCTET}|(?:{_GROUP}:){{7}}{_GROUP}"


@dataclass(frozen=True)
class Settings:
    """`pattern` replaces the built-in one; `repl` takes the place of each match."""

    pattern: str | None = None
    repl: str = ""

    def __post_init__(self) -> None:
        # a mistake is told before the first row
        replace([""], self.pattern or PATTERN, self.repl)


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without IPv4 addresses and full-length IPv6 addresses."""
    return replace(texts, settings.pattern or PATTERN, settings.repl)
