"""Remove given characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The characters that go."""

    chars_to_remove: str | tuple[str, ...] = "◆●■►▼▲▴∆▻▷❖♡□"


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without any character of `chars_to_remove`."""
    # one string or several: joined they are the same characters
    unwanted = "".join(settings.chars_to_remove)
    table = str.maketrans(dict.fromkeys(unwanted))
    return [text.translate(table) for text in texts]
