"""Remove given characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    chars_to_remove: str | tuple[str, ...] = "◆●■►▼▲▴∆▻▷❖♡□"


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without any character of `chars_to_remove`."""
    table = str.maketrans(dict.fromkeys("".join(settings.chars_to_remove)))
    return [text.translate(table) for text in texts]
